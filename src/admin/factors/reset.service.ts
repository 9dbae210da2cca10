import { eq } from 'drizzle-orm'
import type { Changed } from '../../audit/recording/changes.ts'
import type { AdminAccount } from '../../auth/accounts/account.ts'
import { endAllOf } from '../../auth/accounts/ending.ts'
import type { SessionActor } from '../../auth/actor.ts'
import { forgetKeys } from '../../auth/callers/admin-key.ts'
import { revokedUpTo } from '../../auth/callers/revocation.ts'
import { tellOwner } from '../../auth/factors/notices.ts'
import { inOneTrip } from '../../db/batch.ts'
import { factorChallenges, passkeys, recoveryCodes, totpSecrets } from '../../db/schema/factors.ts'
import { admins } from '../../db/schema/staff.ts'
import { AppError } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import { adminIdOf, adminOrUnknown, selectAccount } from '../accounts/accounts.service.ts'

/**
 * Takes all second factors and recovery codes of an account away, and ends all sessions, API keys and grants that it
 * ever made. Its owner is mailed.
 * @throws AppError self_action, admin_unknown
 */
export async function resetSecondFactor(
  stores: Stores,
  actor: Pick<SessionActor, 'adminId'>,
  id: string,
  now: number,
): Promise<Changed<AdminAccount>> {
  const { db, kv, later } = stores
  const adminId = adminIdOf(id)
  if (actor.adminId === adminId) throw new AppError('self_action')
  const done = await inOneTrip(db, {
    before: selectAccount(db, id),
    ...endAllOf(db, adminId, actor.adminId, now),
    passkeys: db.delete(passkeys).where(eq(passkeys.adminId, adminId)),
    totp: db.delete(totpSecrets).where(eq(totpSecrets.adminId, adminId)),
    recoveryCodes: db.delete(recoveryCodes).where(eq(recoveryCodes.adminId, adminId)),
    challenges: db.delete(factorChallenges).where(eq(factorChallenges.adminId, adminId)),
    account: db.update(admins).set(revokedUpTo(now)).where(eq(admins.id, adminId)),
    after: selectAccount(db, id),
  })
  later('forget_keys', forgetKeys(kv, done.keys))
  const after = adminOrUnknown(done.after[0], id)
  tellOwner(stores, after.email, 'factors_reset')
  return { before: adminOrUnknown(done.before[0], id), after }
}
