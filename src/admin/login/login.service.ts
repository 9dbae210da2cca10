import { eq } from 'drizzle-orm'
import { type AdminAccount, adminColumns, emailHashOf, secondFactorsOf } from '../../auth/accounts/account.ts'
import { attemptWith, loginRefused, noteFailure } from '../../auth/accounts/attempts.ts'
import { BROWSER_PLACES, LOGIN_PLACES } from '../../auth/accounts/hash-queue.ts'
import { mirroredLock } from '../../auth/accounts/lockout.ts'
import { type Hasher, needsRehash, withHasher } from '../../auth/accounts/passwords.ts'
import type { Database } from '../../db/client.ts'
import { admins, loginFailures } from '../../db/schema/staff.ts'
import { setTarget } from '../../http/context.ts'
import { isUnchanged, type Login, type LoginCall, openSession } from './opening.ts'
import { askForSecondFactor, type SecondStep } from './second-step.ts'

interface Credentials {
  email: string
  password: string
}

/**
 * Logs an admin in, or asks for the second factor that the account has. All refusals are the same: an unknown email, a
 * wrong password, a disabled and a locked account cost the same steps and, where a password is compared, one hash each.
 * An account that KV knows to be locked is refused without asking D1. The place for hashing is taken before the attempt
 * is counted: a caller without a place was not compared, so it is no failure. Whose account it was is noted in `facts`,
 * however the login ends.
 * @throws AppError login_invalid; throttled if too many passwords are being hashed, dependency_unavailable
 */
export async function login(call: LoginCall, credentials: Credentials): Promise<Login | SecondStep> {
  const { stores, facts, holder, now } = call
  const known = await mirroredLock(stores.kv, emailHashOf(credentials.email), now)
  const places = holder === 'browser' ? BROWSER_PLACES : LOGIN_PLACES
  if (!known) return withHasher(places, (hasher) => compare(call, hasher, credentials))
  if (known.admin_id !== null) setTarget(facts, 'admin', `${known.admin_id}`)
  throw loginRefused(known.locked_until, now)
}

async function compare(
  call: LoginCall,
  hasher: Hasher,
  { email, password }: Credentials,
): Promise<Login | SecondStep> {
  const { stores, facts, now } = call
  const emailHash = emailHashOf(email)
  const queries = { accounts: selectAccountByEmail(stores.db, emailHash) }
  const {
    attempt,
    accounts: [found],
  } = await attemptWith(stores, emailHash, queries, now)
  if (found) setTarget(facts, 'admin', `${found.account.id}`)
  if (!attempt.isAllowed) throw loginRefused(attempt.lockedUntil, now)

  const matches = await hasher.verify(password, found?.passwordHash)
  if (matches && found && found.account.disabledAt === null) {
    const rehashed = needsRehash(found.passwordHash) ? await hasher.hash(password) : found.passwordHash
    const passed = await passPassword(call, { ...found, rehashed })
    if (passed) return passed
  }
  noteFailure(stores, facts, { emailHash, adminId: found?.account.id ?? null }, attempt.lockedUntil, now)
  throw loginRefused(attempt.lockedUntil, now)
}

interface RightPassword {
  account: AdminAccount
  /** The hash that was compared, and the one to store. */
  passwordHash: string
  rehashed: string
}

/** Goes on after the right password. Returns undefined if the account or its password changed during the comparison. */
function passPassword(
  call: LoginCall,
  { account, passwordHash, rehashed }: RightPassword,
): Promise<Login | SecondStep | undefined> {
  const { db } = call.stores
  const condition = isUnchanged(db, account, passwordHash)
  const statements = {
    rehashed: db.update(admins).set({ passwordHash: rehashed }).where(eq(admins.id, account.id)),
  }
  return secondFactorsOf(account).length > 0
    ? askForSecondFactor(call, account, { condition, statements })
    : openSession(call, account, { factors: ['password'], condition, statements })
}

const selectAccountByEmail = (db: Database, emailHash: string) =>
  db
    .select({ account: adminColumns, passwordHash: admins.passwordHash })
    .from(admins)
    .leftJoin(loginFailures, eq(loginFailures.emailHash, admins.emailHash))
    .where(eq(admins.emailHash, emailHash))
