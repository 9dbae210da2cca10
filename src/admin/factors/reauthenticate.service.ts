import { and, eq, exists } from 'drizzle-orm'
import { emailHashOf, secondFactorsOf } from '../../auth/accounts/account.ts'
import { attemptWith, lockedOut, noteFailure } from '../../auth/accounts/attempts.ts'
import { STAFF_PLACES } from '../../auth/accounts/hash-queue.ts'
import { forgetFailures, unmirrorForgotten } from '../../auth/accounts/lockout.ts'
import { withHasher } from '../../auth/accounts/passwords.ts'
import type { SessionActor } from '../../auth/actor.ts'
import type { Factor } from '../../auth/callers/session.ts'
import type { FactorUse } from '../../auth/factors/factor-use.ts'
import { newChallenge } from '../../auth/factors/passkeys/challenges.ts'
import { requestOptions } from '../../auth/factors/passkeys/options.ts'
import { relyingPartyOf } from '../../auth/factors/passkeys/relying-party.ts'
import { type GivenFactor, queriesFor, useOf } from '../../auth/factors/second-factor.ts'
import { inOneTrip } from '../../db/batch.ts'
import { onlyIf, unlessUnmet } from '../../db/condition.ts'
import { passkeys } from '../../db/schema/factors.ts'
import { adminSessions, admins } from '../../db/schema/staff.ts'
import { AppError, FIELD_TEXT, type FieldErrors } from '../../errors.ts'
import type { RequestFacts } from '../../http/context.ts'
import type { Stores } from '../../http/stores.ts'

type Actor = Pick<SessionActor, 'adminId' | 'sessionId' | 'admin'>

/** What somebody proves again who they are by: what a login takes. */
export type GivenProof = Omit<GivenFactor, 'recoveryCode'> & { password?: string | undefined }

const challengeOf = ({ adminId, sessionId }: Actor) =>
  ({ purpose: 'reauthenticate', adminId, boundTo: sessionId }) as const

/** Returns what a passkey of the account signs to prove again who its owner is. */
export async function reauthenticationOptions(
  { db, settings }: Pick<Stores, 'db' | 'settings'>,
  actor: Actor,
  now: number,
): Promise<ReturnType<typeof requestOptions>> {
  const { challenge, stored } = newChallenge(db, challengeOf(actor), now)
  const { own } = await inOneTrip(db, {
    stored,
    own: db.select().from(passkeys).where(eq(passkeys.adminId, actor.adminId)),
  })
  return requestOptions(relyingPartyOf(settings), challenge, own)
}

/**
 * Proves again who the owner of a session is: by a passkey, or by the password and, if the account has one, the code of
 * an authenticator app. A failure counts as a failed login. Returns the factors.
 * @throws AppError invalid, which says what is wrong or missing; throttled if the account is locked, or too many
 * passwords are being hashed; session_invalid if the session ended or the password changed meanwhile
 */
export async function reauthenticate(
  stores: Stores,
  facts: RequestFacts,
  actor: Actor,
  given: GivenProof,
  now: number,
): Promise<Factor[]> {
  const missing = missingIn(given, actor)
  if (Object.keys(missing).length > 0) throw new AppError('invalid', { fields: missing })
  const { password } = given
  if (password === undefined) return prove({ stores, facts, matches: async () => true }, actor, given, now)
  return withHasher(STAFF_PLACES, ({ verify }) =>
    prove({ stores, facts, matches: (hash) => verify(password, hash) }, actor, given, now),
  )
}

interface Proving {
  stores: Stores
  facts: RequestFacts
  /** Whether the password that was given, if one was, has this hash. */
  matches(hash: string | undefined): Promise<boolean>
}

async function prove(
  { stores, facts, matches }: Proving,
  actor: Actor,
  given: GivenProof,
  now: number,
): Promise<Factor[]> {
  const { db } = stores
  const { adminId, admin } = actor
  const emailHash = emailHashOf(admin.email)
  const queries = {
    passwords: db.select({ hash: admins.passwordHash }).from(admins).where(eq(admins.id, adminId)),
    ...queriesFor(db, adminId, given, challengeOf(actor), now),
  }
  const { attempt, ...found } = await attemptWith(stores, emailHash, queries, now)
  if (!attempt.isAllowed) throw lockedOut(attempt.lockedUntil, now)
  const hash = found.passwords[0]?.hash
  const isRight = await matches(hash)
  const { use, because } = await useOf(stores, adminId, given, found, now)
  const wrong = wrongIn(given, isRight, use)
  if (Object.keys(wrong).length === 0) {
    const factors = [
      ...(given.password === undefined ? [] : ['password' as const]),
      ...(use ? [use.factor] : []),
    ]
    const isRenewed = await renewProof(stores, actor, { factors, use, hash, now })
    if (!isRenewed) throw new AppError('session_invalid')
    return factors
  }
  noteFailure(stores, facts, { emailHash, adminId }, attempt.lockedUntil, now)
  throw new AppError('invalid', { fields: wrong, because })
}

/** Notes the proof of a session, and uses its factor up, unless anything changed meanwhile. Returns whether it did. */
async function renewProof(
  { db, kv, later }: Stores,
  { adminId, sessionId, admin }: Actor,
  {
    factors,
    use,
    hash = '',
    now,
  }: { factors: Factor[]; use: FactorUse | undefined; hash: string | undefined; now: number },
): Promise<boolean> {
  const emailHash = emailHashOf(admin.email)
  const session = and(eq(adminSessions.id, sessionId), eq(adminSessions.adminId, adminId))
  const same = and(eq(admins.id, adminId), eq(admins.passwordHash, hash))
  const condition = and(
    exists(db.select({ id: adminSessions.id }).from(adminSessions).where(session)),
    exists(db.select({ id: admins.id }).from(admins).where(same)),
    use?.condition,
  )
  const done = await unlessUnmet(
    inOneTrip(db, {
      only: onlyIf(db, condition),
      ...use?.statements,
      proven: db.update(adminSessions).set({ provenAt: now, factors }).where(session),
      forgotten: forgetFailures(db, emailHash),
    }),
  )
  if (done) later('unmirror_lock', unmirrorForgotten(kv, emailHash, done.forgotten))
  return done !== undefined
}

/** A passkey is two factors by itself; without one it takes the password, and a code where there is an app. */
function missingIn({ password, passkey, totp }: GivenProof, { admin }: Actor): FieldErrors {
  if (passkey !== undefined) return {}
  const [second] = secondFactorsOf(admin)
  return {
    ...(password === undefined && { password: [FIELD_TEXT.blank] }),
    ...(totp === undefined && second !== undefined && { [second]: [FIELD_TEXT.blank] }),
  }
}

const wrongIn = (
  { passkey, totp }: GivenProof,
  isRight: boolean,
  use: FactorUse | undefined,
): FieldErrors => ({
  ...(!isRight && { password: [FIELD_TEXT.invalid] }),
  ...(!use && passkey !== undefined && { passkey: [FIELD_TEXT.invalid] }),
  ...(!use && passkey === undefined && totp !== undefined && { totp: [FIELD_TEXT.invalid] }),
})
