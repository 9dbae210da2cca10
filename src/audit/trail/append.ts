import { desc, isNull, sql } from 'drizzle-orm'
import { utf8 } from '../../base/encoding.ts'
import type { SigningKeys } from '../../crypto/signing-keys.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { auditEntries, auditSegments } from '../../db/schema/audit.ts'
import { signDigest } from '../export/digest.ts'
import type { TrailEvent } from '../recording/event.ts'
import { type ChainedEntry, chainEntry } from './entry.ts'
import { type EntryKey, isAmong, markAppended } from './entry-key.ts'
import { GENESIS_HASH } from './fields.ts'

/** The most attempts of an append when other consumers are faster. */
const APPEND_ATTEMPTS = 5

/** The most bytes of a segment, which goes as one parameter: D1 takes 2 MB. */
const MAX_SEGMENT_BYTES = 1_000_000

/** The most owed segments of one query. */
export const OWED_AT_ONCE = 10

/** The entries of one exported object, and its signed digest. */
export interface Segment {
  firstSeq: number
  lastSeq: number
  digest: string
  /** Present if they were just appended. */
  entries?: ChainedEntry[]
}

/** The columns of a link of the chain. */
export const LINK = {
  seq: auditEntries.seq,
  entry: auditEntries.entry,
  prevHash: auditEntries.prevHash,
  hash: auditEntries.hash,
}

type Entries = [ChainedEntry, ...ChainedEntry[]]

/**
 * Appends each (id, stage) that the trail does not have yet, in order, in one transaction: all of them or none.
 * Returns the segments to export, oldest first: those owed from before, then the new ones. Costs two D1 round trips,
 * one if nothing is new.
 */
export async function appendEvents(
  db: Database,
  keys: SigningKeys,
  events: TrailEvent[],
  now: number,
): Promise<Segment[]> {
  for (let attempt = 1; ; attempt++) {
    const { head, known, lastSegment, owed } = await inOneTrip(db, {
      head: headOf(db),
      known: knownOf(db, events),
      lastSegment: lastSegmentOf(db),
      owed: owedSegments(db),
    })
    const seen = new Set(known.map(keyOf))
    const fresh = events.filter((event) => !seen.has(keyOf(event)) && seen.add(keyOf(event)))
    const entries = chain(fresh, head[0] ?? { seq: 0, hash: GENESIS_HASH })
    const segments = await signedSegments(keys, segmented(entries), lastSegment[0]?.digest, now)
    if (segments.length === 0) return owed
    try {
      await db.batch([
        db
          .insert(auditSegments)
          .values(
            segments.map(({ firstSeq, lastSeq, digest }) => ({ firstSeq, lastSeq, digest, appendedAt: now })),
          ),
        ...segments.map((segment) => insertEntries(db, segment.entries)),
        markAppended(db, fresh, now),
      ])
    } catch (error) {
      if (attempt === APPEND_ATTEMPTS || !wasTooLate(error)) throw error
      continue
    }
    // Behind a longer backlog the new ones have to wait: the export goes in order.
    return owed.length < OWED_AT_ONCE ? [...owed, ...segments] : owed
  }
}

const keyOf = ({ id, stage }: EntryKey) => `${id}:${stage}`

/** Returns whether another consumer took these numbers. Its entries are read and skipped on the next attempt. */
function wasTooLate(error: unknown): boolean {
  const { cause } = error as { cause?: unknown }
  return /not the next (entry|segment)|UNIQUE constraint/.test(`${error} ${cause}`)
}

function chain(events: TrailEvent[], head: Pick<ChainedEntry, 'seq' | 'hash'>): ChainedEntry[] {
  const entries: ChainedEntry[] = []
  for (const event of events) entries.push(chainEntry(event, entries.at(-1) ?? head))
  return entries
}

/** Splits entries into segments of bounded size. An ordinary batch of messages is one. */
function segmented(entries: ChainedEntry[]): Entries[] {
  const runs: Entries[] = []
  let size = 0
  for (const entry of entries) {
    const bytes = utf8(JSON.stringify(entry)).length
    const run = runs.at(-1)
    if (run && size + bytes <= MAX_SEGMENT_BYTES) {
      run.push(entry)
      size += bytes
    } else {
      runs.push([entry])
      size = bytes
    }
  }
  return runs
}

async function signedSegments(keys: SigningKeys, runs: Entries[], previous: string | undefined, now: number) {
  const segments: (Segment & { entries: Entries })[] = []
  for (const entries of runs) {
    const digest = await signDigest(keys, entries, now, segments.at(-1)?.digest ?? previous)
    const [{ seq: firstSeq }] = entries
    segments.push({ firstSeq, lastSeq: firstSeq + entries.length - 1, digest, entries })
  }
  return segments
}

const headOf = (db: Database) =>
  db
    .select({ seq: auditEntries.seq, hash: auditEntries.hash })
    .from(auditEntries)
    .orderBy(desc(auditEntries.seq))
    .limit(1)

const lastSegmentOf = (db: Database) =>
  db
    .select({ digest: auditSegments.digest })
    .from(auditSegments)
    .orderBy(desc(auditSegments.firstSeq))
    .limit(1)

const knownOf = (db: Database, events: TrailEvent[]) =>
  db
    .select({ id: auditEntries.id, stage: auditEntries.stage })
    .from(auditEntries)
    .where(isAmong([auditEntries.id, auditEntries.stage], events))

/** Returns the segments whose export is owed, oldest first. */
export const owedSegments = (db: Database) =>
  db
    .select({
      firstSeq: auditSegments.firstSeq,
      lastSeq: auditSegments.lastSeq,
      digest: auditSegments.digest,
    })
    .from(auditSegments)
    .where(isNull(auditSegments.exportedAt))
    .orderBy(auditSegments.firstSeq)
    .limit(OWED_AT_ONCE)

/** One statement and one parameter, however many entries: D1 binds at most 100. */
const insertEntries = (db: Database, entries: ChainedEntry[]) =>
  db.insert(auditEntries).select(
    sql`SELECT value ->> 'seq', value ->> 'entry', value ->> 'prevHash', value ->> 'hash'
        FROM json_each(${JSON.stringify(entries)})`,
  )
