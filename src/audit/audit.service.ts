import { and, type Column, desc, eq, gt, gte, lte, type SQL, sql } from 'drizzle-orm'
import type { Reader } from '../auth/authority.ts'
import type { Database } from '../db/client.ts'
import { past } from '../db/keyset.ts'
import { auditEntries, auditOpenActs } from '../db/schema/audit.ts'
import { AppError } from '../errors.ts'
import { cursorAfter, type Page, type PageRequest, pageOf } from '../http/pagination.ts'
import { type AuditEntry, type ChainedEntry, presentEntry } from './entry.ts'
import { type Outcome, outcomeAt, unknownUpTo } from './outcome.ts'
import { LINK } from './trail.ts'

/** What entries can be looked for by. */
export interface AuditFilter {
  customer?: string | undefined
  adminId?: number | undefined
  apiKeyId?: string | undefined
  method?: string | undefined
  route?: string | undefined
  outcome?: Outcome | undefined
  /** From when to when, both inclusive, in milliseconds since the Unix epoch. */
  from?: number | undefined
  to?: number | undefined
}

type ListedEntry = AuditEntry & { outcome: Outcome }

/**
 * How many entries are looked at for a page where filters are combined. An index serves one of them, and what it gives
 * may match the others ever so rarely: the page then ends early, and its cursor goes on from there.
 */
const SCAN_LIMIT = 1_000

/**
 * The entries that match, newest first. The cost follows from the page, not from the trail: each filter has an index
 * that is in the order of time. There is a total only of the whole trail, which has no gaps; of all else it is null.
 */
export async function listEntries(
  reader: Reader,
  filter: AuditFilter,
  page: PageRequest,
  now: number,
): Promise<Page<ListedEntry>> {
  const { db } = reader
  const isOpen = filter.outcome === 'unknown' || filter.outcome === 'pending'
  const conditions = conditionsOf(filter)
  const leading = isOpen ? undefined : conditions.shift()
  const pageEnd = page.offset + page.perPage + 1
  const scanned = conditions.length === 0 ? pageEnd : Math.max(pageEnd, SCAN_LIMIT)
  const candidates = () => candidatesOf(db, leading, filter, page, now)
  const picked = candidates().limit(scanned).as('candidates')
  const [rows, [scanEnd], [bounds]] = await reader.read([
    db
      .select({
        ...LINK,
        time: sql<string>`${picked.time}`.as('time'),
        outcome: outcomeAt(now).as('outcome'),
      })
      .from(picked)
      // SQLite does not turn a cross join round: the candidates lead.
      .crossJoin(auditEntries)
      .where(and(eq(auditEntries.seq, picked.seq), ...conditions))
      .orderBy(desc(picked.time), desc(picked.seq))
      .limit(page.perPage + 1)
      .offset(page.offset),
    candidates()
      .limit(conditions.length === 0 ? 0 : 1)
      .offset(scanned - 1),
    db
      .select({
        first: sql<number | null>`(SELECT min(seq) FROM audit_entries)`.as('first'),
        last: sql<number | null>`(SELECT max(seq) FROM audit_entries)`.as('last'),
      })
      .from(sql`(SELECT 1)`),
  ])
  const isWhole = Object.values(filter).every((value) => value === undefined)
  const total = isWhole ? (bounds?.last ?? 0) - (bounds?.first ?? 1) + 1 : null
  const position = ({ time, seq }: { time: string | null; seq: number }) => [time ?? '', seq] as const
  const found = pageOf(rows, total, page, position, presentListed)
  return { ...found, nextCursor: found.nextCursor ?? (scanEnd ? cursorAfter(page, position(scanEnd)) : null) }
}

/** One condition for each filter that is set; the first, which picks the fewest as a rule, chooses the index. */
function conditionsOf({ customer, adminId, apiKeyId, method, route, outcome }: AuditFilter): SQL[] {
  const result = outcome === 'unknown' || outcome === 'pending' ? undefined : outcome
  const wanted: [Column, string | number | undefined][] = [
    [auditEntries.apiKeyId, apiKeyId],
    [auditEntries.customerUid, customer],
    [auditEntries.result, result],
    [auditEntries.adminId, adminId],
    [auditEntries.route, route],
    [auditEntries.method, method],
  ]
  return wanted.filter(([, value]) => value !== undefined).map(([column, value]) => eq(column, value))
}

/** The query for the numbers of the entries that the leading condition picks in the time asked for, newest first. */
function candidatesOf(
  db: Database,
  leading: SQL | undefined,
  { outcome, from, to }: AuditFilter,
  page: PageRequest,
  now: number,
) {
  const isOpen = outcome === 'unknown' || outcome === 'pending'
  // Acts without an outcome have their own small table, with the same two columns.
  const table = isOpen ? (auditOpenActs as unknown as typeof auditEntries) : auditEntries
  const { seq, time } = table
  const text = (moment: number) => new Date(moment).toISOString()
  const within = and(
    outcome === 'unknown' ? lte(time, unknownUpTo(now)) : undefined,
    outcome === 'pending' ? gt(time, unknownUpTo(now)) : undefined,
    from === undefined ? undefined : gte(time, text(from)),
    to === undefined ? undefined : lte(time, text(to)),
    past([time, seq], page, 'descending'),
  )
  return db.select({ seq, time }).from(table).where(and(leading, within)).orderBy(desc(time), desc(seq))
}

/**
 * The stages of one act, in the order they were appended.
 * @throws AppError audit_entry_unknown
 */
export async function getEntries(reader: Reader, id: string, now: number): Promise<ListedEntry[]> {
  const [rows] = await reader.read([
    reader.db
      .select({ ...LINK, outcome: outcomeAt(now).as('outcome') })
      .from(auditEntries)
      .where(eq(auditEntries.id, id))
      .orderBy(auditEntries.seq),
  ])
  if (rows.length === 0) throw new AppError('audit_entry_unknown')
  return rows.map(presentListed)
}

const presentListed = ({ outcome, ...link }: ChainedEntry & { outcome: Outcome }): ListedEntry => ({
  ...presentEntry(link),
  outcome,
})
