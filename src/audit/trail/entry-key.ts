import { and, type Column, isNull, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { auditDeadLetters, auditEntries } from '../../db/schema/audit.ts'

/** The key of an entry: the trail holds each stage of an act once. */
export interface EntryKey {
  id: string
  stage: string
}

/**
 * Returns the condition that a row's columns hold one of these keys. One parameter, however many: D1 binds at most
 * 100.
 */
export function isAmong([id, stage]: [Column, Column], keys: EntryKey[]): SQL {
  const pairs = JSON.stringify(keys.map((key) => [key.id, key.stage]))
  return sql`(${id}, ${stage}) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${pairs}))`
}

/** Returns the update that marks dead letters whose entries are in the trail now: they must not be appended again. */
export const markAppended = (db: Database, keys: EntryKey[], now: number) =>
  db
    .update(auditDeadLetters)
    .set({ appendedAt: now })
    .where(
      and(
        isNull(auditDeadLetters.appendedAt),
        isAmong([auditDeadLetters.eventId, auditDeadLetters.eventStage], keys),
      ),
    )

/** SQL for `now` if the trail has the entry by then, else null. */
export const appendedBefore = ({ id, stage }: EntryKey, now: number): SQL<number | null> =>
  sql`(SELECT ${now} FROM ${auditEntries} WHERE ${auditEntries.id} = ${id} AND ${auditEntries.stage} = ${stage})`
