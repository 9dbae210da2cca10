import { eq } from 'drizzle-orm'
import type { Changed } from '../../audit/recording/changes.ts'
import { type AdminAccount, emailHashOf } from '../../auth/accounts/account.ts'
import { endAllOf } from '../../auth/accounts/ending.ts'
import { forgetFailures, unmirrorForgotten } from '../../auth/accounts/lockout.ts'
import { pendingPassword, RANDOM_PASSWORD_HOURS, randomPassword } from '../../auth/accounts/passwords.ts'
import type { SessionActor } from '../../auth/actor.ts'
import { forgetKeys } from '../../auth/callers/admin-key.ts'
import { revokedUpTo } from '../../auth/callers/revocation.ts'
import { inOneTrip } from '../../db/batch.ts'
import { admins, unlockTokens } from '../../db/schema/staff.ts'
import type { Clock } from '../../env.ts'
import { AppError } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import { passwordResetMail } from '../../mail/accounts.ts'
import { adminIdOf, adminOrUnknown, getAdmin, selectAccount } from '../accounts/accounts.service.ts'

/**
 * Gives an account a random password, mails it, and ends all sessions, keys and any lock. The mail goes first:
 * without it nothing changes. If the write then fails, the mailed password does not work, the caller gets an error,
 * and a second reset repairs it; the other way round the account would have a password that nobody knows.
 * @throws AppError self_action, admin_unknown, throttled, mail_unavailable
 */
export async function resetPassword(
  { db, kv, mailer, settings, later }: Stores,
  actor: Pick<SessionActor, 'adminId'>,
  id: string,
  now: Clock,
): Promise<Changed<AdminAccount>> {
  if (actor.adminId === adminIdOf(id)) throw new AppError('self_action')
  const account = await getAdmin(db, id)
  const password = randomPassword()
  const pending = await pendingPassword(password, now())
  const emailHash = emailHashOf(account.email)
  await mailer.send(
    account.email,
    await passwordResetMail(account.email, password, RANDOM_PASSWORD_HOURS, settings),
  )
  // Not when the request began: what was made since then ends as well.
  const revokedAt = now()
  const { forgotten, keys, after } = await inOneTrip(db, {
    forgotten: forgetFailures(db, emailHash),
    ...endAllOf(db, account.id, actor.adminId, revokedAt),
    account: db
      .update(admins)
      .set({ ...pending, ...revokedUpTo(revokedAt) })
      .where(eq(admins.id, account.id)),
    links: db.delete(unlockTokens).where(eq(unlockTokens.adminId, account.id)),
    after: selectAccount(db, id),
  })
  later('unmirror_lock', unmirrorForgotten(kv, emailHash, forgotten))
  later('forget_keys', forgetKeys(kv, keys))
  return { before: account, after: adminOrUnknown(after[0], id) }
}
