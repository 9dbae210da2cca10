import { eq } from 'drizzle-orm'
import type { SessionActor } from '../../auth/actor.ts'
import { tellOwner } from '../../auth/factors/notices.ts'
import { newRecoveryCodes } from '../../auth/factors/recovery-codes.ts'
import { inOneTrip } from '../../db/batch.ts'
import { recoveryCodes } from '../../db/schema/factors.ts'
import type { Stores } from '../../http/stores.ts'

/** Makes new recovery codes, and ends those before. Only this answer holds them in clear. */
export async function renewRecoveryCodes(
  stores: Stores,
  { adminId, admin }: Pick<SessionActor, 'adminId' | 'admin'>,
  now: number,
): Promise<string[]> {
  const { db } = stores
  const { codes, rows } = newRecoveryCodes(adminId, now)
  await inOneTrip(db, {
    ended: db.delete(recoveryCodes).where(eq(recoveryCodes.adminId, adminId)),
    made: db.insert(recoveryCodes).values(rows),
  })
  tellOwner(stores, admin.email, 'recovery_codes_renewed')
  return codes
}
