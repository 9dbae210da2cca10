import { and, type Column, isNull, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { auditDeadLetters, auditEntries } from '../../db/schema/audit.ts'

/** What an entry is known by: the trail holds each stage of an act once. */
export interface EntryKey {
  id: string
  stage: string
}

/** Whether a row's columns hold one of these keys. One parameter, however many: D1 binds at most 100. */
export function isAmong([id, stage]: [Column, Column], keys: EntryKey[]): SQL {
  const pairs = JSON.stringify(keys.map((key) => [key.id, key.stage]))
  return sql`(${id}, ${stage}) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${pairs}))`
}

/** The query that notes of dead letters that their entries are in the trail now: they must not be appended again. */
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

/** `now` if the trail has the entry at that moment, else null. */
export const appendedBefore = ({ id, stage }: EntryKey, now: number): SQL<number | null> =>
  sql`(SELECT ${now} FROM ${auditEntries} WHERE ${auditEntries.id} = ${id} AND ${auditEntries.stage} = ${stage})`
