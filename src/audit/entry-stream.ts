import { gt } from 'drizzle-orm'
import { utf8 } from '../crypto/encoding.ts'
import type { Database } from '../db/client.ts'
import { auditEntries } from '../db/schema/audit.ts'
import { objectText } from './digest.ts'
import { LINK } from './trail.ts'

/** Entries read at once: some hundred kilobytes. */
const PAGE_SIZE = 500

/** An invocation may ask D1 a thousand times; well before, a caller asks for the rest anew. */
const MAX_PAGES = 200

/**
 * The entries after a number as lines, the same bytes as in the exported objects, as fast as they are taken. Ends after
 * 100,000; who wants all goes on after the last one until nothing comes. The first page is read before anything is
 * given out.
 */
export async function entryStream(db: Database, afterSeq: number): Promise<ReadableStream<Uint8Array>> {
  let next = await pageAfter(db, afterSeq)
  let pages = 1
  return new ReadableStream({
    async pull(controller) {
      const page = next
      const last = page.at(-1)
      if (last) controller.enqueue(utf8(objectText(page)))
      if (!last || page.length < PAGE_SIZE || pages === MAX_PAGES) return controller.close()
      next = await pageAfter(db, last.seq)
      pages++
    },
  })
}

const pageAfter = (db: Database, seq: number) =>
  db
    .select(LINK)
    .from(auditEntries)
    .where(gt(auditEntries.seq, seq))
    .orderBy(auditEntries.seq)
    .limit(PAGE_SIZE)
