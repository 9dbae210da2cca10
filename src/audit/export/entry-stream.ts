import { and, gt, lte, type SQL, sql } from 'drizzle-orm'
import { once } from '../../base/once.ts'
import type { Database } from '../../db/client.ts'
import type { Reader } from '../../db/reader.ts'
import { auditEntries } from '../../db/schema/audit.ts'
import { AppError } from '../../errors.ts'
import { csvLines } from '../../http/files/csv.ts'
import type { ExportFormat } from '../../http/files/export-files.ts'
import { pagedStream } from '../../http/files/paged-stream.ts'
import { logFailure } from '../../log.ts'
import { LINK } from '../trail/append.ts'
import { type ChainedEntry, presentEntry } from '../trail/entry.ts'
import { type AuditEntry, entryObject } from '../trail/fields.ts'
import { type AuditFilter, inSequence } from '../trail/filter.ts'
import { objectText } from './digest.ts'

/** Entries in memory at once: some hundred kilobytes. */
const PAGE_SIZE = 500

/** The most entries that one query examines, of which few may match. */
const SCAN_SIZE = 5_000

/** The most entries that one answer covers: at most 220 queries, of the thousand that an invocation may put to D1. */
export const MAX_COVERED = 100_000

interface ExportRequest {
  filter: AuditFilter
  afterSeq: number
  format: ExportFormat
  now: number
  /** Called with the number of entries that leave. */
  onRows: (rows: number) => void
}

/** An answer of the export, and the number after which the next one continues; null if there is none. */
interface EntryExport {
  stream: ReadableStream<Uint8Array>
  nextAfterSeq: number | null
}

/**
 * Returns the matching entries after a number, in order. The range is settled with the first query. A page is read
 * before the answer begins, and every further query checks the reader's authority anew. If one fails the stream does
 * too.
 */
export async function exportEntries(
  reader: Reader,
  { filter, afterSeq, format, now, onRows }: ExportRequest,
): Promise<EntryExport> {
  const matching = inSequence(filter, now)
  // The numbers begin where retention ended; what is not there is not looked through.
  const start = sql<number>`max(${afterSeq}, (SELECT coalesce(min(seq), 1) - 1 FROM audit_entries))`
  const { found, bounds } = await reader.read({
    found: selectEntriesAfter(reader.db, matching, start, PAGE_SIZE),
    bounds: reader.db
      .select({ start, end: sql<number>`(SELECT coalesce(max(seq), 0) FROM audit_entries)` })
      .from(sql`(SELECT 1)`),
  })
  const [{ start: first, end } = { start: afterSeq, end: 0 }] = bounds
  const until = Math.min(first + MAX_COVERED, end)
  const filled = async (page: ChainedEntry[], looked: number) => {
    for (let after = looked; page.length < PAGE_SIZE && after < until; after += SCAN_SIZE) {
      const within = and(lte(auditEntries.seq, until), matching)
      const again = reader.renewed()
      const { more } = await again.read({
        more: selectEntriesAfter(again.db, within, after, PAGE_SIZE - page.length),
      })
      page.push(...more)
    }
    return page
  }
  const { head, write } = WRITERS[format]
  const pages = {
    head: head(),
    first: await filled(found, first + SCAN_SIZE),
    isFull: (page: ChainedEntry[]) => page.length === PAGE_SIZE,
    after: ({ seq }: ChainedEntry) => orCutShort(filled([], seq)),
  }
  return { stream: pagedStream(pages, write, onRows), nextAfterSeq: until < end ? until : null }
}

/** @throws AppError the refusal, if the caller may not go on */
async function orCutShort(page: Promise<ChainedEntry[]>): Promise<ChainedEntry[]> {
  try {
    return await page
  } catch (cause) {
    if (cause instanceof AppError && cause.status < 500) throw cause
    logFailure({ task: 'audit export' }, cause)
    throw new Error('the export was cut short')
  }
}

const selectEntriesAfter = (db: Database, matching: SQL | undefined, after: number | SQL, limit: number) =>
  db
    .select(LINK)
    .from(auditEntries)
    .where(and(gt(auditEntries.seq, after), lte(auditEntries.seq, sql`${after} + ${SCAN_SIZE}`), matching))
    .orderBy(auditEntries.seq)
    .limit(limit)

const WRITERS: Record<ExportFormat, { head: () => string; write: (page: ChainedEntry[]) => string }> = {
  csv: { head: () => csvLines([columns()]), write: (page) => csvLines(page.map(cellsOf)) },
  ndjson: { head: () => '', write: objectText },
}

const columns = once(() => Object.keys(entryObject().shape) as (keyof AuditEntry)[])

function cellsOf(link: ChainedEntry): (string | object | null)[] {
  const entry = presentEntry(link)
  return columns().map((name) => cellOf(entry[name] ?? null))
}

const cellOf = (value: string | number | boolean | object | null) =>
  typeof value === 'number' || typeof value === 'boolean' ? `${value}` : value
