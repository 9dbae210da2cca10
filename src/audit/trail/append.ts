import { desc, isNull, sql } from 'drizzle-orm'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { auditEntries, auditSegments } from '../../db/schema/audit.ts'
import type { Stores } from '../../http/stores.ts'
import type { TrailEvent } from '../recording/event.ts'
import type { ChainedEntry } from './entry.ts'
import { type EntryKey, isAmong, markAppended } from './entry-key.ts'
import { newSegments, type Segment } from './segment.ts'

/** The most attempts of an append when other consumers are faster. */
const APPEND_ATTEMPTS = 5

/** The most owed segments of one query. */
export const OWED_AT_ONCE = 10

/** The columns of a link of the chain. */
export const LINK = {
  seq: auditEntries.seq,
  entry: auditEntries.entry,
  prevHash: auditEntries.prevHash,
  hash: auditEntries.hash,
}

/**
 * Appends each (id, stage) that the trail does not have yet, in order, in one transaction: all of them or none.
 * Returns the segments to export, oldest first: those owed from before, then the new ones. Costs two D1 round trips,
 * one if nothing is new.
 */
export async function appendEvents(
  { db, signingKeys }: Pick<Stores, 'db' | 'signingKeys'>,
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
    const ends = { head: head[0], digest: lastSegment[0]?.digest }
    const segments = await newSegments(signingKeys, fresh, ends, now)
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
