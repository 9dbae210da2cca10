import { and, eq, exists, isNull, not } from 'drizzle-orm'
import { type AdminAccount, adminColumns, emailHashOf } from '../../auth/accounts/account.ts'
import { LOGIN_PLACES } from '../../auth/accounts/hash-queue.ts'
import {
  forgetFailures,
  lockOf,
  mirroredLock,
  secondsUntil,
  takeAttempt,
  unmirrorForgotten,
} from '../../auth/accounts/lockout.ts'
import { type Hasher, needsRehash, withHasher } from '../../auth/accounts/passwords.ts'
import { announceLock, type LockoutStores } from '../../auth/accounts/unlock-link.ts'
import { creationTime } from '../../auth/callers/revocation.ts'
import { newSession } from '../../auth/callers/session.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { adminSessions, admins, loginFailures } from '../../db/schema/staff.ts'
import { AppError, orUnavailable } from '../../errors.ts'

interface Credentials {
  email: string
  password: string
}

export interface Login {
  token: string
  expiresAt: number
  account: AdminAccount
}

/** How a login ended, and whose account it was about, for the record. */
export interface LoginOutcome {
  adminId: number | null
  result: Login | AppError
  /** Whether this very attempt locked the account. */
  locks?: boolean
  /** What is left to do after the answer. */
  afterwards?: Promise<void> | undefined
}

/**
 * Logs an admin in, or says no in one and the same way: unknown email, wrong password, disabled and locked account
 * cost the same steps and, where a password is compared, one hash each. An account that KV knows to be locked is
 * refused with no question to D1. A place for hashing is taken before the attempt is: who gets none was not compared,
 * and is no failure.
 * @throws AppError throttled if too many passwords are being hashed, dependency_unavailable
 */
export async function login(
  stores: LockoutStores,
  credentials: Credentials,
  now: number,
): Promise<LoginOutcome> {
  const known = await mirroredLock(stores.kv, emailHashOf(credentials.email), now)
  if (known) return { adminId: known.admin_id, result: refused(known.locked_until, now) }
  return withHasher(LOGIN_PLACES, (hasher) => compare(stores, hasher, credentials, now))
}

async function compare(
  stores: LockoutStores,
  hasher: Hasher,
  { email, password }: Credentials,
  now: number,
): Promise<LoginOutcome> {
  const { db, kv, settings } = stores
  const emailHash = emailHashOf(email)
  const {
    attempts: [attempt],
    locks: [lock],
    accounts: [found],
  } = await orUnavailable(
    inOneTrip(db, {
      attempts: takeAttempt(db, emailHash, settings.lockout, now),
      locks: lockOf(db, emailHash),
      accounts: accountByEmail(db, emailHash),
    }),
  )
  const adminId = found?.account.id ?? null
  if (!attempt) return { adminId, result: refused(lock?.lockedUntil ?? null, now) }

  const matches = await hasher.verify(password, found?.passwordHash)
  if (matches && found && found.account.disabledAt === null) {
    const rehashed = needsRehash(found.passwordHash) ? await hasher.hash(password) : found.passwordHash
    const { login, forgotten } = await openSession(db, emailHash, found, rehashed, now)
    // Attempts that ran at the same time may have locked the account, and KV may know of it.
    const afterwards = unmirrorForgotten(kv, emailHash, forgotten)
    if (login) return { adminId, result: login, afterwards }
  }
  if (attempt.lockedUntil === null) return { adminId, result: refused(null, now) }
  const mirrored = { locked_until: attempt.lockedUntil, admin_id: adminId }
  return {
    adminId,
    result: refused(attempt.lockedUntil, now),
    locks: true,
    afterwards: announceLock(stores, emailHash, mirrored, now),
  }
}

const refused = (lockedUntil: number | null, now: number) =>
  new AppError('login_invalid', {
    details: { locked: lockedUntil !== null },
    headers: lockedUntil === null ? {} : { 'Retry-After': secondsUntil(lockedUntil, now) },
  })

const accountByEmail = (db: Database, emailHash: string) =>
  db
    .select({ account: adminColumns, passwordHash: admins.passwordHash })
    .from(admins)
    .leftJoin(loginFailures, eq(loginFailures.emailHash, admins.emailHash))
    .where(eq(admins.emailHash, emailHash))

type Found = Awaited<ReturnType<typeof accountByEmail>>[number]

/**
 * Opens a session and forgets the failures before it, in one round trip. There is no login if the account was disabled
 * or got another password, or its credentials were revoked, while this one was compared: no session may outlive that.
 */
async function openSession(
  db: Database,
  emailHash: string,
  { account, passwordHash }: Found,
  rehashed: string,
  now: number,
): Promise<{ login: Login | undefined; forgotten: { lockedUntil: number | null }[] }> {
  const { token, row } = newSession(account.id, creationTime(account, now))
  const unchanged = and(
    eq(admins.id, account.id),
    eq(admins.passwordHash, passwordHash),
    isNull(admins.disabledAt),
    eq(admins.credentialsValidFrom, account.credentialsValidFrom),
  )
  const stillValid = exists(db.select({ id: admins.id }).from(admins).where(unchanged))
  const { withdrawn, forgotten } = await inOneTrip(db, {
    session: db.insert(adminSessions).values(row),
    withdrawn: db
      .delete(adminSessions)
      .where(and(eq(adminSessions.id, row.id), not(stillValid)))
      .returning({ id: adminSessions.id }),
    account: db.update(admins).set({ lastLoginAt: now, passwordHash: rehashed }).where(unchanged),
    forgotten: forgetFailures(db, emailHash),
  })
  if (withdrawn.length > 0) return { login: undefined, forgotten }
  const opened = { ...account, lastLoginAt: now, lockedUntil: null }
  return { login: { token, expiresAt: row.expiresAt, account: opened }, forgotten }
}
