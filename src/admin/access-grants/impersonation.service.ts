import * as z from 'zod'
import type { Changed } from '../../audit/recording/changes.ts'
import { once } from '../../base/once.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import type { Reader } from '../../db/reader.ts'
import { impersonationStops } from '../../db/schema/grants.ts'
import { timestamp } from '../../http/envelopes.ts'
import { textValue, timeValue } from '../../http/fields/values.ts'

/** Whether anybody may act for customers. */
export const impersonationObject = once(() =>
  z
    .object({
      stopped: z.boolean(),
      stopped_at: timeValue().nullable(),
      stopped_by: z
        .int()
        .nullable()
        .meta({ examples: [11], description: 'The id of the admin who stopped it.' }),
      reason: textValue('A key was published').nullable(),
    })
    .meta({ id: 'Impersonation' }),
)
export type Impersonation = z.infer<ReturnType<typeof impersonationObject>>

type Row = typeof impersonationStops.$inferSelect

/** The id of the only row there can be. */
const ONLY = 1

const presented = (row: Row | undefined): Impersonation => ({
  stopped: row !== undefined,
  stopped_at: timestamp(row?.stoppedAt ?? null),
  stopped_by: row?.stoppedBy ?? null,
  reason: row?.reason ?? null,
})

/** Returns whether impersonation is stopped, by whom and why. */
export async function getImpersonation(reader: Reader): Promise<Impersonation> {
  const { stops } = await reader.read({ stops: reader.db.select().from(impersonationStops) })
  return presented(stops[0])
}

/** Stops all impersonation from the next request on. Doing it twice changes nothing. */
export async function stopImpersonation(
  db: Database,
  adminId: number,
  reason: string,
  now: number,
): Promise<Changed<Impersonation>> {
  const row = { id: ONLY, stoppedAt: now, stoppedBy: adminId, reason }
  const { before, after } = await inOneTrip(db, {
    before: db.select().from(impersonationStops),
    stopped: db.insert(impersonationStops).values(row).onConflictDoNothing(),
    after: db.select().from(impersonationStops),
  })
  return { before: presented(before[0]), after: presented(after[0]) }
}

/** Lets people act for customers again. Doing it twice changes nothing. */
export async function startImpersonation(db: Database): Promise<Changed<Impersonation>> {
  const { before } = await inOneTrip(db, { before: db.delete(impersonationStops).returning() })
  return { before: presented(before[0]), after: presented(undefined) }
}
