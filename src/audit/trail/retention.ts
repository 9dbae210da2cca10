import { gte, lte, sql } from 'drizzle-orm'
import { sha256Hex, sha256HexOfMuch } from '../../crypto/digest.ts'
import type { Database } from '../../db/client.ts'
import { auditEntries, auditSegments } from '../../db/schema/audit.ts'
import type { JobStores } from '../../http/stores.ts'
import { logFailure } from '../../log.ts'
import { digestName, readDigest } from '../export/digest.ts'
import { exportSegments } from '../export/segments.ts'
import type { TrailEvent } from '../recording/event.ts'
import { appendEvents } from './append.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** The most segments pruned in one run: two objects of each are read again, of the thousand calls of an invocation. */
const MAX_SEGMENTS = 100

type StoredSegment = typeof auditSegments.$inferSelect

/**
 * Deletes entries older than `AUDIT_RETENTION_DAYS` from D1, once their export was read again and is what was signed.
 * Before that, a checkpoint in the trail itself names the last of them and its hash, so that the chain goes on from
 * there; triggers let nothing be deleted that no checkpoint names. Waits until a day's worth is due, so checkpoints
 * stay few. If a step fails, the next run goes on.
 */
export async function pruneTrail(stores: JobStores, now: number): Promise<void> {
  const { db, bucket, settings } = stores
  const { auditRetentionMs } = settings
  if (auditRetentionMs === 0) return
  await deletePruned(db)
  const due = await dueSegments(db, now - auditRetentionMs)
  const verified = await verifiedOf(bucket, due)
  const [first, last] = [verified[0], verified.at(-1)]
  if (!first || !last) return
  const checkpoint = checkpointOf(first, last, now)
  const owed = await appendEvents(stores, [checkpoint], now)
  await deletePruned(db)
  await exportSegments(stores, owed, now)
}

/** Returns the exported segments from the first entry on that were appended before `cutoff`. */
async function dueSegments(db: Database, cutoff: number): Promise<StoredSegment[]> {
  const segments = await db
    .select()
    .from(auditSegments)
    .where(gte(auditSegments.firstSeq, sql`(SELECT min(seq) FROM audit_entries)`))
    .orderBy(auditSegments.firstSeq)
    .limit(MAX_SEGMENTS)
  const end = segments.findIndex(({ appendedAt, exportedAt }) => exportedAt === null || appendedAt >= cutoff)
  const due = end === -1 ? segments : segments.slice(0, end)
  return due[0] && due[0].appendedAt < cutoff - DAY_MS ? due : []
}

/** Returns the segments whose objects are in the bucket as signed, up to the first that is not. */
async function verifiedOf(bucket: R2Bucket, segments: StoredSegment[]): Promise<StoredSegment[]> {
  for (const [i, { digest }] of segments.entries()) {
    const { object, sha256 } = readDigest(digest).digest
    const [stored, storedDigest] = await Promise.all([bucket.get(object), bucket.get(digestName(object))])
    const isThere =
      stored !== null &&
      (await sha256HexOfMuch(await stored.bytes())) === sha256 &&
      (await storedDigest?.text()) === digest
    if (isThere) continue
    logFailure({ code: 'export_not_as_signed', object }, undefined)
    return segments.slice(0, i)
  }
  return segments
}

/** Returns the event of a checkpoint. Its id is derived from its content, so two runs at once append it once. */
function checkpointOf(first: StoredSegment, last: StoredSegment, now: number): TrailEvent {
  const toHash = readDigest(last.digest).digest.head_hash
  const id = `aud_${sha256Hex(`checkpoint ${last.lastSeq} ${toHash}`).slice(0, 22)}`
  return {
    v: 1,
    id,
    stage: 'checkpoint',
    time: new Date(now).toISOString(),
    actor: { type: 'system', admin_id: null, role: null, api_key_id: null },
    grant: null,
    customer_uid: null,
    target: { type: 'entries', id: `${first.firstSeq}-${last.lastSeq}` },
    changes: null,
    replayed: false,
    action: { method: 'PRUNE', route: null, path: '' },
    request: { id, ip: null, country: null, colo: null, user_agent: null, reason: null },
    outcome: { status: 200, result: 'success', duration_ms: 0, rows: null },
    pruned: { toSeq: last.lastSeq, toHash },
  }
}

/** Deletes the entries that checkpoints name, also those left by an earlier run. */
async function deletePruned(db: Database): Promise<void> {
  const prunedTo = sql`(SELECT max(pruned_to_seq) FROM audit_entries WHERE pruned_to_seq IS NOT NULL)`
  await db.delete(auditEntries).where(lte(auditEntries.seq, prunedTo))
}
