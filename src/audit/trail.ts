import { desc, isNull, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { auditEntries, auditSegments } from '../db/schema.ts'
import { type ChainedEntry, chainEntry, GENESIS_HASH } from './entry.ts'
import type { AuditEvent } from './event.ts'

/** How often an append starts over when another consumer was faster. */
const APPEND_ATTEMPTS = 5

/** The entries of one exported object. */
export interface Segment {
  firstSeq: number
  lastSeq: number
  appendedAt: number
}

interface Appended {
  /** The segment that holds what was new, with its entries; undefined if nothing was. */
  appended: (Segment & { entries: ChainedEntry[] }) | undefined
  /** Segments from before whose export is still owed, oldest first. */
  owed: Segment[]
}

/**
 * Appends each (id, stage) that the trail does not have yet, in order, in one transaction: all of them or none.
 * Costs two D1 round trips, one if nothing is new.
 */
export async function appendEvents(db: Database, events: AuditEvent[], now: number): Promise<Appended> {
  for (let attempt = 1; ; attempt++) {
    const [[head], known, owed] = await db.batch([headOf(db), knownOf(db, events), segmentsToExport(db)])
    const seen = new Set(known.map(keyOf))
    const fresh = events.filter((event) => !seen.has(keyOf(event)) && seen.add(keyOf(event)))
    if (fresh.length === 0) return { appended: undefined, owed }
    const entries = await chain(fresh, head ?? { seq: 0, hash: GENESIS_HASH })
    const segment = {
      firstSeq: (head?.seq ?? 0) + 1,
      lastSeq: (head?.seq ?? 0) + entries.length,
      appendedAt: now,
    }
    try {
      await db.batch([insertEntries(db, entries), db.insert(auditSegments).values(segment)])
      return { appended: { ...segment, entries }, owed }
    } catch (error) {
      // Another consumer took these numbers: both keys say so. What it appended is read and passed over next time.
      if (attempt === APPEND_ATTEMPTS || !`${error}`.includes('UNIQUE constraint')) throw error
    }
  }
}

const keyOf = ({ id, stage }: { id: string; stage: string }) => `${id}:${stage}`

async function chain(
  events: AuditEvent[],
  head: Pick<ChainedEntry, 'seq' | 'hash'>,
): Promise<ChainedEntry[]> {
  const entries: ChainedEntry[] = []
  for (const event of events) entries.push(await chainEntry(event, entries.at(-1) ?? head))
  return entries
}

const headOf = (db: Database) =>
  db
    .select({ seq: auditEntries.seq, hash: auditEntries.hash })
    .from(auditEntries)
    .orderBy(desc(auditEntries.seq))
    .limit(1)

const knownOf = (db: Database, events: AuditEvent[]) =>
  db
    .select({ id: auditEntries.id, stage: auditEntries.stage })
    .from(auditEntries)
    .where(
      sql`(${auditEntries.id}, ${auditEntries.stage}) IN
          (SELECT value ->> 'id', value ->> 'stage' FROM json_each(${JSON.stringify(events.map(({ id, stage }) => ({ id, stage })))}))`,
    )

/** Segments whose export is still owed, oldest first. */
export const segmentsToExport = (db: Database) =>
  db
    .select({
      firstSeq: auditSegments.firstSeq,
      lastSeq: auditSegments.lastSeq,
      appendedAt: auditSegments.appendedAt,
    })
    .from(auditSegments)
    .where(isNull(auditSegments.exportedAt))
    .orderBy(auditSegments.firstSeq)
    .limit(10)

/** One statement and one parameter, however many entries: D1 binds at most 100. */
const insertEntries = (db: Database, entries: ChainedEntry[]) =>
  db.insert(auditEntries).select(
    sql`SELECT value ->> 'seq', value ->> 'entry', value ->> 'prevHash', value ->> 'hash'
        FROM json_each(${JSON.stringify(entries)})`,
  )
