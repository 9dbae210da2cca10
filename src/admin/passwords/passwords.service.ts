import { and, eq, exists, inArray, ne } from 'drizzle-orm'
import { setChanges } from '../../audit/recording/changes.ts'
import { type AdminAccount, emailHashOf } from '../../auth/accounts/account.ts'
import { STAFF_PLACES } from '../../auth/accounts/hash-queue.ts'
import {
  forgetFailures,
  lockOf,
  secondsUntil,
  takeAttempt,
  unmirrorForgotten,
} from '../../auth/accounts/lockout.ts'
import { faultsOf } from '../../auth/accounts/password-policy.ts'
import { type Hasher, withHasher } from '../../auth/accounts/passwords.ts'
import { announceLock, LOCKED } from '../../auth/accounts/unlock-link.ts'
import type { SessionActor } from '../../auth/actor.ts'
import { forgetKeys } from '../../auth/callers/admin-key.ts'
import { endSessions } from '../../auth/callers/session.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { adminSessions, admins } from '../../db/schema/staff.ts'
import { AppError, FIELD_TEXT, type FieldErrors, orUnavailable } from '../../errors.ts'
import type { RequestFacts } from '../../http/context.ts'
import { HEADERS } from '../../http/headers.ts'
import type { Stores } from '../../http/stores.ts'

export interface PasswordChange {
  currentPassword: string
  password: string
  confirmation: string
}

/**
 * Changes the actor's own password and ends its other sessions. A wrong current password counts as a failed login,
 * and is reported together with the errors of the new one.
 * @throws AppError throttled if too many passwords are being hashed, and then the attempt does not count, or if the
 * account is locked; invalid; session_invalid if the password was reset, or the session ended, in the meantime
 */
export const updatePassword = (
  stores: Stores,
  facts: RequestFacts,
  actor: SessionActor,
  change: PasswordChange,
  now: number,
): Promise<AdminAccount> =>
  withHasher(STAFF_PLACES, (hasher) => compareAndChange({ stores, facts, hasher }, actor, change, now))

async function compareAndChange(
  { stores, facts, hasher }: { stores: Stores; facts: RequestFacts; hasher: Hasher },
  actor: SessionActor,
  change: PasswordChange,
  now: number,
): Promise<AdminAccount> {
  const { db, kv, settings, later } = stores
  const { admin } = actor
  const emailHash = emailHashOf(admin.email)
  const {
    attempts: [attempt],
    locks: [lock],
    accounts: [stored],
  } = await orUnavailable(
    inOneTrip(db, {
      attempts: takeAttempt(db, emailHash, settings.lockout, now),
      locks: lockOf(db, emailHash),
      accounts: db.select({ passwordHash: admins.passwordHash }).from(admins).where(eq(admins.id, admin.id)),
    }),
  )
  if (!attempt) throw locked(lock?.lockedUntil ?? now, now)

  const matches = await hasher.verify(change.currentPassword, stored?.passwordHash)
  const fields = faultsOfChange(change, matches, admin.email, settings.productName)
  if (!matches || !stored) {
    const { lockedUntil } = attempt
    if (lockedUntil !== null) {
      setChanges(facts, 'admin', LOCKED)
      const lock = { locked_until: lockedUntil, admin_id: admin.id }
      later('announce_lock', announceLock(stores, emailHash, lock, now))
    }
    throw new AppError('invalid', { fields })
  }
  if (Object.keys(fields).length > 0) {
    later('unmirror_lock', unmirrorForgotten(kv, emailHash, await forgetFailures(db, emailHash)))
    throw new AppError('invalid', { fields })
  }
  const passwordHash = await hasher.hash(change.password)
  const written = { emailHash, currentHash: stored.passwordHash, passwordHash }
  const { changed, keys, forgotten } = await writePassword(db, actor, written, now)
  later('forget_keys', forgetKeys(kv, keys))
  later('unmirror_lock', unmirrorForgotten(kv, emailHash, forgotten))
  if (!changed) throw new AppError('session_invalid')
  return { ...admin, hasChangedPassword: true, passwordExpiresAt: null, lockedUntil: null }
}

const locked = (lockedUntil: number, now: number) =>
  new AppError('throttled', { headers: { [HEADERS.RETRY_AFTER]: secondsUntil(lockedUntil, now) } })

function faultsOfChange(
  { currentPassword, password, confirmation }: PasswordChange,
  matches: boolean,
  email: string,
  productName: string,
): FieldErrors {
  // Whether a new password is the current one is only told to who knows that.
  const known = matches ? currentPassword : undefined
  const faults = faultsOf(password, { email, productName, currentPassword: known })
  return {
    ...(!matches && { current_password: [FIELD_TEXT.invalid] }),
    ...(faults.length > 0 && { password: faults }),
    ...(confirmation !== password && { password_confirmation: ["doesn't match password"] }),
  }
}

/** Writes the new password, unless the password was changed or the session ended during the comparison. */
async function writePassword(
  db: Database,
  { adminId, sessionId }: SessionActor,
  { emailHash, currentHash, passwordHash }: { emailHash: string; currentHash: string; passwordHash: string },
  now: number,
) {
  const session = db
    .select({ id: adminSessions.id })
    .from(adminSessions)
    .where(eq(adminSessions.id, sessionId))
  const isWritten = and(eq(admins.id, adminId), eq(admins.passwordHash, passwordHash))
  const written = db.select({ id: admins.id }).from(admins).where(isWritten)
  const others = and(inArray(adminSessions.adminId, written), ne(adminSessions.id, sessionId))
  const { changed, keys, forgotten } = await inOneTrip(db, {
    changed: db
      .update(admins)
      .set({ passwordHash, hasChangedPassword: true, passwordExpiresAt: null })
      .where(and(eq(admins.id, adminId), eq(admins.passwordHash, currentHash), exists(session)))
      .returning({ id: admins.id }),
    ...endSessions(db, others, now),
    forgotten: forgetFailures(db, emailHash),
  })
  return { changed: changed.length > 0, keys, forgotten }
}
