import { between, desc, inArray, isNotNull } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { auditEntries, auditSegments } from '../../db/schema/audit.ts'
import type { Stores } from '../../http/stores.ts'
import { LINK, OWED_AT_ONCE, owedSegments } from '../trail/append.ts'
import type { ChainedEntry } from '../trail/entry.ts'
import type { Segment } from '../trail/segment.ts'
import { digestName, LATEST_DIGEST, objectText, readDigest } from './digest.ts'

/** The most rounds of the cron: an invocation may call R2 and D1 a thousand times together. */
const CRON_ROUNDS = 30

type ExportStores = Pick<Stores, 'db' | 'bucket'>

/**
 * Writes segments to R2, oldest first, and marks them as exported. Names and bytes were settled when the segment was
 * appended, so writing one again after a failure, or twice at once, changes nothing. R2 refuses an object whose hash
 * is not the signed one.
 */
export async function exportSegments(stores: ExportStores, segments: Segment[], now: number) {
  const exported: number[] = []
  try {
    for (const segment of segments) {
      await putSegment(stores, segment)
      exported.push(segment.firstSeq)
    }
  } finally {
    if (exported.length > 0)
      await stores.db
        .update(auditSegments)
        .set({ exportedAt: now })
        .where(inArray(auditSegments.firstSeq, exported))
  }
}

/**
 * Exports the segments that an R2 outage left behind, and a copy of the newest digest; for the cron, if no new
 * message triggers it.
 */
export async function exportOwedSegments(stores: ExportStores, now: number) {
  for (let round = 1; round <= CRON_ROUNDS; round++) {
    const owed = await owedSegments(stores.db)
    await exportSegments(stores, owed, now)
    if (owed.length < OWED_AT_ONCE) break
  }
  await copyLatestDigest(stores)
}

async function copyLatestDigest({ db, bucket }: ExportStores): Promise<void> {
  const [latest] = await db
    .select({ lastSeq: auditSegments.lastSeq, digest: auditSegments.digest })
    .from(auditSegments)
    .where(isNotNull(auditSegments.exportedAt))
    .orderBy(desc(auditSegments.firstSeq))
    .limit(1)
  const lastSeq = `${latest?.lastSeq}`
  if (!latest || (await bucket.head(LATEST_DIGEST))?.customMetadata?.last_seq === lastSeq) return
  await bucket.put(LATEST_DIGEST, latest.digest, {
    httpMetadata: { contentType: 'application/json' },
    customMetadata: { last_seq: lastSeq },
  })
}

async function putSegment({ db, bucket }: ExportStores, segment: Segment): Promise<void> {
  const { object, sha256 } = readDigest(segment.digest).digest
  const entries = segment.entries ?? (await entriesOf(db, segment))
  await bucket.put(object, objectText(entries), {
    sha256,
    httpMetadata: { contentType: 'application/x-ndjson' },
  })
  // After its object: a digest without one would look like an object that was removed.
  await bucket.put(digestName(object), segment.digest, {
    httpMetadata: { contentType: 'application/json' },
  })
}

const entriesOf = (db: Database, { firstSeq, lastSeq }: Segment): Promise<ChainedEntry[]> =>
  db
    .select(LINK)
    .from(auditEntries)
    .where(between(auditEntries.seq, firstSeq, lastSeq))
    .orderBy(auditEntries.seq)
