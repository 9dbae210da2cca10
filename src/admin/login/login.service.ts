import { and, eq, exists, isNull, not } from 'drizzle-orm'
import { setChanges } from '../../audit/recording/changes.ts'
import { type AdminAccount, adminColumns, emailHashOf } from '../../auth/accounts/account.ts'
import { BROWSER_PLACES, LOGIN_PLACES } from '../../auth/accounts/hash-queue.ts'
import {
  forgetFailures,
  lockOf,
  mirroredLock,
  secondsUntil,
  takeAttempt,
  unmirrorForgotten,
} from '../../auth/accounts/lockout.ts'
import { type Hasher, needsRehash, withHasher } from '../../auth/accounts/passwords.ts'
import { announceLock, LOCKED } from '../../auth/accounts/unlock-link.ts'
import { creationTime } from '../../auth/callers/revocation.ts'
import { newSession, type SessionHolder } from '../../auth/callers/session.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { adminSessions, admins, loginFailures } from '../../db/schema/staff.ts'
import { AppError, orUnavailable } from '../../errors.ts'
import { type RequestFacts, setTarget } from '../../http/context.ts'
import { HEADERS } from '../../http/headers.ts'
import type { Stores } from '../../http/stores.ts'

interface Credentials {
  email: string
  password: string
}

export interface Login {
  token: string
  expiresAt: number
  account: AdminAccount
}

/**
 * Logs an admin in. All refusals are the same: an unknown email, a wrong password, a disabled and a locked account
 * cost the same steps and, where a password is compared, one hash each. An account that KV knows to be locked is
 * refused without asking D1. The place for hashing is taken before the attempt is counted: a caller without a place
 * was not compared, so it is no failure. Whose account it was is noted in `facts`, however the login ends.
 * @throws AppError login_invalid; throttled if too many passwords are being hashed, dependency_unavailable
 */
export async function login(
  stores: Stores,
  facts: RequestFacts,
  credentials: Credentials,
  holder: SessionHolder,
  now: number,
): Promise<Login> {
  const known = await mirroredLock(stores.kv, emailHashOf(credentials.email), now)
  if (!known)
    return withHasher(holder === 'browser' ? BROWSER_PLACES : LOGIN_PLACES, (hasher) =>
      compare({ stores, facts, hasher, holder }, credentials, now),
    )
  if (known.admin_id !== null) setTarget(facts, 'admin', `${known.admin_id}`)
  throw refused(known.locked_until, now)
}

interface Attempt {
  stores: Stores
  facts: RequestFacts
  hasher: Hasher
  holder: SessionHolder
}

async function compare(
  { stores, facts, hasher, holder }: Attempt,
  { email, password }: Credentials,
  now: number,
): Promise<Login> {
  const { db, kv, settings, later } = stores
  const emailHash = emailHashOf(email)
  const {
    attempts: [attempt],
    locks: [lock],
    accounts: [found],
  } = await orUnavailable(
    inOneTrip(db, {
      attempts: takeAttempt(db, emailHash, settings.lockout, now),
      locks: lockOf(db, emailHash),
      accounts: selectAccountByEmail(db, emailHash),
    }),
  )
  if (found) setTarget(facts, 'admin', `${found.account.id}`)
  if (!attempt) throw refused(lock?.lockedUntil ?? null, now)

  const matches = await hasher.verify(password, found?.passwordHash)
  if (matches && found && found.account.disabledAt === null) {
    const rehashed = needsRehash(found.passwordHash) ? await hasher.hash(password) : found.passwordHash
    const { login, forgotten } = await openSession(db, { ...found, emailHash, rehashed, holder, now })
    // Attempts that ran at the same time may have locked the account, and KV may know of it.
    later('unmirror_lock', unmirrorForgotten(kv, emailHash, forgotten))
    if (login) return login
  }
  const { lockedUntil } = attempt
  if (lockedUntil !== null) {
    if (found) setChanges(facts, 'admin', LOCKED)
    const announced = { locked_until: lockedUntil, admin_id: found?.account.id ?? null }
    later('announce_lock', announceLock(stores, emailHash, announced, now))
  }
  throw refused(lockedUntil, now)
}

const refused = (lockedUntil: number | null, now: number) =>
  new AppError('login_invalid', {
    details: { locked: lockedUntil !== null },
    headers: lockedUntil === null ? {} : { [HEADERS.RETRY_AFTER]: secondsUntil(lockedUntil, now) },
  })

const selectAccountByEmail = (db: Database, emailHash: string) =>
  db
    .select({ account: adminColumns, passwordHash: admins.passwordHash })
    .from(admins)
    .leftJoin(loginFailures, eq(loginFailures.emailHash, admins.emailHash))
    .where(eq(admins.emailHash, emailHash))

interface VerifiedLogin {
  account: AdminAccount
  /** The hash that was compared, and the one to store. */
  passwordHash: string
  rehashed: string
  emailHash: string
  holder: SessionHolder
  now: number
}

/**
 * Opens a session and deletes the failures before it, in one round trip. There is no login if the account was
 * disabled, its password changed or its credentials were revoked during the comparison: no session may outlive that.
 */
async function openSession(
  db: Database,
  { account, passwordHash, emailHash, rehashed, holder, now }: VerifiedLogin,
): Promise<{ login: Login | undefined; forgotten: { lockedUntil: number | null }[] }> {
  const { token, row } = newSession(account.id, creationTime(account, now), holder)
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
