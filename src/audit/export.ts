import { between, inArray } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { auditEntries, auditSegments } from '../db/schema.ts'
import { type ChainedEntry, exportLine } from './entry.ts'
import { type Segment, segmentsToExport } from './trail.ts'

type SegmentToExport = Segment & { entries?: ChainedEntry[] }

/**
 * Writes segments to R2, oldest first, and notes that they are there. An object's name and bytes follow from the
 * segment alone, so writing one again after a failure changes nothing.
 */
export async function exportSegments(
  db: Database,
  bucket: R2Bucket,
  segments: SegmentToExport[],
  now: number,
) {
  if (segments.length === 0) return
  for (const segment of segments) {
    const entries = segment.entries ?? (await entriesOf(db, segment))
    await bucket.put(objectKey(segment), entries.map((entry) => `${exportLine(entry)}\n`).join(''), {
      httpMetadata: { contentType: 'application/x-ndjson' },
    })
  }
  const exported = segments.map(({ firstSeq }) => firstSeq)
  await db.update(auditSegments).set({ exportedAt: now }).where(inArray(auditSegments.firstSeq, exported))
}

/** Writes what an R2 outage left behind; for the cron, when no new message comes along to do it. */
export async function exportOwedSegments(db: Database, bucket: R2Bucket, now: number) {
  await exportSegments(db, bucket, await segmentsToExport(db), now)
}

const entriesOf = (db: Database, { firstSeq, lastSeq }: Segment): Promise<ChainedEntry[]> =>
  db
    .select({
      seq: auditEntries.seq,
      entry: auditEntries.entry,
      prevHash: auditEntries.prevHash,
      hash: auditEntries.hash,
    })
    .from(auditEntries)
    .where(between(auditEntries.seq, firstSeq, lastSeq))
    .orderBy(auditEntries.seq)

/** `audit/2026/11/21/1-100.ndjson`: the day is that of the appending. */
function objectKey({ firstSeq, lastSeq, appendedAt }: Segment): string {
  const day = new Date(appendedAt).toISOString().slice(0, 10).replaceAll('-', '/')
  return `audit/${day}/${firstSeq}-${lastSeq}.ndjson`
}
