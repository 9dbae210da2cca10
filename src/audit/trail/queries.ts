import { and, desc, eq, gte, lte, type SQL, sql } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/sqlite-core'
import type { Database } from '../../db/client.ts'
import { inOrder, type PageRequest, past, sortKey } from '../../db/paging.ts'
import type { Reader } from '../../db/reader.ts'
import { auditEntries, auditOpenActs } from '../../db/schema/audit.ts'
import { AppError } from '../../errors.ts'
import { cursorAfter, type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import { LINK } from './append.ts'
import { type ChainedEntry, presentEntry } from './entry.ts'
import type { AuditEntry } from './fields.ts'
import { type AuditFilter, isOpen, openSince, saysUnknown, timeText, wanted } from './filter.ts'
import { type ActOutcome, outcomeAt } from './outcome.ts'

/** An entry as it is listed, with facts of now that are no part of it. */
export type ListedEntry = AuditEntry & { outcome: ActOutcome; actor_email: string | null }

/**
 * The most entries that a page with several filters examines. One filter has an index, and the others may match its
 * rows ever so rarely: the page then ends early, and its cursor goes on from there.
 */
const SCAN_LIMIT = 1_000

const newestFirst = ({ time, seq }: Pick<typeof auditEntries, 'time' | 'seq'>) =>
  sortKey({ time, seq }, 'descending')

const NEWEST_FIRST = newestFirst(auditEntries)

/**
 * Returns the matching entries, newest first. The cost depends on the page, not on the trail: each filter has an
 * index in the order of time. Only the whole trail, which has no gaps, has a total; all else has null.
 */
export async function listEntries(
  reader: Reader,
  filter: AuditFilter,
  query: PageQuery,
  now: number,
): Promise<Page<ListedEntry>> {
  const page = pageRequest(query, NEWEST_FIRST)
  const { db } = reader
  const conditions = wanted(filter).map(([column, value]) => eq(column, value))
  const leading = isOpen(filter) ? undefined : conditions.shift()
  const pageEnd = page.offset + page.limit
  const scanned = conditions.length === 0 ? pageEnd : Math.max(pageEnd, SCAN_LIMIT)
  const candidates = () => selectCandidates(db, { leading, filter, page, now })
  const picked = candidates().limit(scanned).as('candidates')
  const { rows, scanEnds, bounds } = await reader.read({
    rows: db
      .select({
        ...LINK,
        time: sql<string>`${picked.time}`.as('time'),
        ...knownNow(now),
      })
      .from(picked)
      // SQLite does not turn a cross join round: the candidates lead.
      .crossJoin(auditEntries)
      .where(and(eq(auditEntries.seq, picked.seq), ...conditions))
      .orderBy(desc(picked.time), desc(picked.seq))
      .limit(page.limit)
      .offset(page.offset),
    scanEnds: candidates()
      .limit(conditions.length === 0 ? 0 : 1)
      .offset(scanned - 1),
    bounds: db
      .select({
        first: sql<number | null>`(SELECT min(seq) FROM audit_entries)`.as('first'),
        last: sql<number | null>`(SELECT max(seq) FROM audit_entries)`.as('last'),
      })
      .from(sql`(SELECT 1)`),
  })
  const isWhole = Object.values(filter).every((value) => value === undefined)
  const [{ first, last } = {}] = bounds
  const total = isWhole ? (last ?? 0) - (first ?? 1) + 1 : null
  const found = pageOf(rows, total, page, NEWEST_FIRST, presentListed)
  const [scanEnd] = scanEnds
  const goesOn = scanEnd ? cursorAfter(page, NEWEST_FIRST.positionOf(scanEnd)) : null
  return { ...found, nextCursor: found.nextCursor ?? goesOn }
}

/** Selects the numbers of the entries of the leading condition and the range of time, newest first. */
function selectCandidates(
  db: Database,
  {
    leading,
    filter,
    page,
    now,
  }: { leading: SQL | undefined; filter: AuditFilter; page: PageRequest; now: number },
) {
  const among = (table: typeof auditEntries, condition: SQL | undefined) => {
    const { seq, time } = table
    const within = and(
      filter.from === undefined ? undefined : gte(time, timeText(filter.from)),
      filter.to === undefined ? undefined : lte(time, timeText(filter.to)),
      past(newestFirst(table), page),
    )
    return db.select({ seq, time }).from(table).where(and(condition, within))
  }
  const order = inOrder(NEWEST_FIRST)
  if (!isOpen(filter)) return among(auditEntries, leading).orderBy(...order)
  // The table of open acts has the same two columns.
  const table = auditOpenActs as unknown as typeof auditEntries
  const open = among(table, openSince(table.time, filter.outcome, now))
  const said = saysUnknown(filter)
  // SQLite merges the two as they come, for both are in order.
  return said
    ? unionAll(open, among(auditEntries, said)).orderBy(...order)
    : open.orderBy(...inOrder(newestFirst(table)))
}

/**
 * Returns the stages of one act, in the order they were appended.
 * @throws AppError audit_entry_unknown
 */
export async function getEntries(reader: Reader, id: string, now: number): Promise<ListedEntry[]> {
  const { rows } = await reader.read({
    rows: reader.db
      .select({ ...LINK, ...knownNow(now) })
      .from(auditEntries)
      .where(eq(auditEntries.id, id))
      .orderBy(auditEntries.seq),
  })
  if (rows.length === 0) throw new AppError('audit_entry_unknown')
  return rows.map(presentListed)
}

/**
 * Columns of facts of now that are no part of an entry. Admins are looked up for entries shown, not for those
 * examined.
 */
const knownNow = (now: number) => ({
  actorEmail: sql<string | null>`(SELECT email FROM admins WHERE admins.id = ${auditEntries.adminId})`.as(
    'actor_email',
  ),
  outcome: outcomeAt(now).as('outcome'),
})

type ListedRow = ChainedEntry & { actorEmail: string | null; outcome: ActOutcome }

const presentListed = ({ actorEmail, outcome, ...link }: ListedRow): ListedEntry => ({
  ...presentEntry(link),
  actor_email: actorEmail,
  outcome,
})
