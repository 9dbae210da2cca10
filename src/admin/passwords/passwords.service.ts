import { and, eq, exists, inArray, ne } from 'drizzle-orm'
import { type AdminAccount, emailHashOf, secondFactorsOf } from '../../auth/accounts/account.ts'
import { attemptWith, lockedOut, noteFailure } from '../../auth/accounts/attempts.ts'
import { STAFF_PLACES } from '../../auth/accounts/hash-queue.ts'
import { forgetFailures, lockOf, takeBackAttempt, unmirrorForgotten } from '../../auth/accounts/lockout.ts'
import { faultsOf } from '../../auth/accounts/password-policy.ts'
import { type Hasher, withHasher } from '../../auth/accounts/passwords.ts'
import type { SessionActor } from '../../auth/actor.ts'
import { forgetKeys } from '../../auth/callers/admin-key.ts'
import { endSessions } from '../../auth/callers/session.ts'
import { endLoginsOf } from '../../auth/factors/login-tokens.ts'
import { tellOwner } from '../../auth/factors/notices.ts'
import { inOneTrip } from '../../db/batch.ts'
import { adminSessions, admins } from '../../db/schema/staff.ts'
import { AppError, FIELD_TEXT, type FieldErrors } from '../../errors.ts'
import type { RequestFacts } from '../../http/context.ts'
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
  const queries = {
    accounts: db.select({ passwordHash: admins.passwordHash }).from(admins).where(eq(admins.id, admin.id)),
  }
  const {
    attempt,
    accounts: [stored],
  } = await attemptWith(stores, emailHash, queries, now)
  if (!attempt.isAllowed) throw lockedOut(attempt.lockedUntil, now)

  const matches = await hasher.verify(change.currentPassword, stored?.passwordHash)
  const fields = faultsOfChange(change, matches, admin.email, settings.productName)
  if (!matches || !stored) {
    noteFailure(stores, facts, { emailHash, adminId: admin.id }, attempt.lockedUntil, now)
    throw new AppError('invalid', { fields })
  }
  if (Object.keys(fields).length > 0) {
    const passed = await inOneTrip(db, passwordPassed(stores, admin, now))
    later('unmirror_lock', unmirrorForgotten(kv, emailHash, lockedBefore(passed)))
    throw new AppError('invalid', { fields })
  }
  const passwordHash = await hasher.hash(change.password)
  const written = { currentHash: stored.passwordHash, passwordHash }
  const { changed, keys, ...passed } = await writePassword(stores, actor, written, now)
  later('forget_keys', forgetKeys(kv, keys))
  later('unmirror_lock', unmirrorForgotten(kv, emailHash, lockedBefore(passed)))
  if (changed.length === 0) throw new AppError('session_invalid')
  tellOwner(stores, admin.email, 'password_changed')
  return { ...admin, hasChangedPassword: true, passwordExpiresAt: null, lockedUntil: null }
}

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
function writePassword(
  stores: Stores,
  { adminId, sessionId, admin }: SessionActor,
  { currentHash, passwordHash }: { currentHash: string; passwordHash: string },
  now: number,
) {
  const { db } = stores
  const session = db
    .select({ id: adminSessions.id })
    .from(adminSessions)
    .where(eq(adminSessions.id, sessionId))
  const isWritten = and(eq(admins.id, adminId), eq(admins.passwordHash, passwordHash))
  const written = db.select({ id: admins.id }).from(admins).where(isWritten)
  const others = and(inArray(adminSessions.adminId, written), ne(adminSessions.id, sessionId))
  return inOneTrip(db, {
    changed: db
      .update(admins)
      .set({ passwordHash, hasChangedPassword: true, passwordExpiresAt: null })
      .where(and(eq(admins.id, adminId), eq(admins.passwordHash, currentHash), exists(session)))
      .returning({ id: admins.id }),
    ...endSessions(db, others, now),
    logins: endLoginsOf(db, written),
    ...passwordPassed(stores, admin, now),
  })
}

/**
 * Returns the queries for an attempt whose password was right. Where logging in takes more than that, it forgets no
 * failure: who guesses codes and knows the password would else begin to count anew.
 */
function passwordPassed({ db, settings }: Stores, admin: AdminAccount, now: number) {
  const emailHash = emailHashOf(admin.email)
  const isAll = secondFactorsOf(admin).length === 0
  return {
    locks: lockOf(db, emailHash),
    passed: isAll ? forgetFailures(db, emailHash) : takeBackAttempt(db, emailHash, settings.lockout, now),
    left: lockOf(db, emailHash),
  }
}

/** Returns the lock that these queries lifted, for KV to forget. */
const lockedBefore = ({ locks, left }: Record<'locks' | 'left', { lockedUntil: number | null }[]>) =>
  left.some(({ lockedUntil }) => lockedUntil !== null) ? [] : locks
