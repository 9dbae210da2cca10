import { gt } from 'drizzle-orm'
import type { Reader } from '../auth/authority.ts'
import { auditEntries } from '../db/schema/audit.ts'
import { pagedStream } from '../http/paged-stream.ts'
import { objectText } from './digest.ts'
import type { ChainedEntry } from './entry.ts'
import { LINK } from './trail.ts'

/** Entries read at once: some hundred kilobytes. */
const PAGE_SIZE = 500

/** An invocation may ask D1 a thousand times; well before, a caller asks for the rest anew. */
const MAX_PAGES = 200

/**
 * Returns the entries after a number as lines, the same bytes as in the exported objects. Ends after 100,000; who wants
 * all goes on after the last one until nothing comes. With every page the reader's authority is asked for anew.
 * `onRows` is told how many entries leave.
 */
export async function entryStream(
  reader: Reader,
  afterSeq: number,
  onRows: (rows: number) => void,
): Promise<ReadableStream<Uint8Array>> {
  const first = await pageAfter(reader, afterSeq)
  let pages = 1
  const after = async ({ seq }: ChainedEntry) => (pages++ < MAX_PAGES ? pageAfter(reader.renewed(), seq) : [])
  return pagedStream({ first, size: PAGE_SIZE, after }, objectText, onRows)
}

async function pageAfter(reader: Reader, seq: number): Promise<ChainedEntry[]> {
  const [page] = await reader.read([
    reader.db
      .select(LINK)
      .from(auditEntries)
      .where(gt(auditEntries.seq, seq))
      .orderBy(auditEntries.seq)
      .limit(PAGE_SIZE),
  ])
  return page
}
