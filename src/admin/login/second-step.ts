import { and, eq, exists, type SQL } from 'drizzle-orm'
import { type AdminAccount, adminColumns, emailHashOf, secondFactorsOf } from '../../auth/accounts/account.ts'
import { attemptWith, loginRefused, noteFailure } from '../../auth/accounts/attempts.ts'
import { lockOf, takeBackAttempt, unmirrorForgotten } from '../../auth/accounts/lockout.ts'
import type { FactorUse } from '../../auth/factors/factor-use.ts'
import { hashOfLoginToken, isWaiting, newLoginToken } from '../../auth/factors/login-tokens.ts'
import { newChallenge } from '../../auth/factors/passkeys/challenges.ts'
import { requestOptions } from '../../auth/factors/passkeys/options.ts'
import { relyingPartyOf } from '../../auth/factors/passkeys/relying-party.ts'
import { type GivenFactor, queriesFor, useOf } from '../../auth/factors/second-factor.ts'
import { inOneTrip, type Statements } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { onlyIf, unlessUnmet } from '../../db/condition.ts'
import { loginTokens, passkeys, recoveryCodes } from '../../db/schema/factors.ts'
import { admins, loginFailures } from '../../db/schema/staff.ts'
import { orUnavailable } from '../../errors.ts'
import { setTarget } from '../../http/context.ts'
import { type Login, type LoginCall, openSession } from './opening.ts'

/** A login whose password was right, and what it takes to go on. */
export interface SecondStep {
  loginToken: string
  expiresAt: number
  methods: ('passkey' | 'totp' | 'recovery_code')[]
  passkeyOptions: ReturnType<typeof requestOptions> | undefined
}

/**
 * Begins the second step of a login whose password was right, which is no failure, but does not forget any either.
 * Returns undefined, and does nothing, if the condition does not hold.
 */
export async function askForSecondFactor(
  { stores: { db, kv, settings, later }, holder, now }: LoginCall,
  account: AdminAccount,
  { condition, statements }: { condition: SQL; statements: Statements },
): Promise<SecondStep | undefined> {
  const { token, row } = newLoginToken(account, holder, now)
  const emailHash = emailHashOf(account.email)
  const { challenge, stored } = newChallenge(db, challengeOf(row), now)
  const done = await unlessUnmet(
    inOneTrip(db, {
      only: onlyIf(db, condition),
      ...statements,
      login: db.insert(loginTokens).values(row),
      challenge: stored,
      locks: lockOf(db, emailHash),
      attempt: takeBackAttempt(db, emailHash, settings.lockout, now),
      passkeys: db.select().from(passkeys).where(eq(passkeys.adminId, account.id)),
      codes: db.select().from(recoveryCodes).where(eq(recoveryCodes.adminId, account.id)).limit(1),
    }),
  )
  if (!done) return undefined
  if (done.attempt[0]?.lockedUntil === null)
    later('unmirror_lock', unmirrorForgotten(kv, emailHash, done.locks))
  const hasPasskey = done.passkeys.length > 0
  return {
    loginToken: token,
    expiresAt: row.expiresAt,
    methods: [
      ...secondFactorsOf({ ...account, hasPasskey }),
      ...(done.codes[0] ? ['recovery_code' as const] : []),
    ],
    passkeyOptions: hasPasskey
      ? requestOptions(relyingPartyOf(settings), challenge, done.passkeys)
      : undefined,
  }
}

/** The challenges of a login belong to its token. */
const challengeOf = ({ adminId, tokenHash }: { adminId: number; tokenHash: string }) =>
  ({ purpose: 'second_factor', adminId, boundTo: tokenHash }) as const

/**
 * Logs an admin in whose password was right, by a second factor. A wrong one is a failed login like any other, and the
 * login token can be used again until the account is locked.
 * @throws AppError login_invalid, dependency_unavailable
 */
export async function completeLogin(
  call: LoginCall,
  { loginToken, given }: { loginToken: string; given: GivenFactor },
): Promise<Login> {
  const { stores, facts, holder, now } = call
  const { db } = stores
  const tokenHash = hashOfLoginToken(holder, loginToken)
  if (tokenHash === undefined) throw loginRefused(null, now)
  const { waiting } = await orUnavailable(inOneTrip(db, { waiting: selectWaiting(db, tokenHash, now) }))
  const [account] = waiting
  if (!account) throw loginRefused(null, now)
  setTarget(facts, 'admin', `${account.id}`)
  const emailHash = emailHashOf(account.email)
  const challenge = challengeOf({ adminId: account.id, tokenHash })
  const queries = queriesFor(db, account.id, given, challenge, now)
  const { attempt, ...found } = await attemptWith(stores, emailHash, queries, now)
  if (!attempt.isAllowed) throw loginRefused(attempt.lockedUntil, now)

  const { use, because } = await useOf(stores, account.id, given, found, now)
  const opened = use && (await openSession(call, account, openingBy(db, use, tokenHash, now)))
  if (opened) return opened
  noteFailure(stores, facts, { emailHash, adminId: account.id }, attempt.lockedUntil, now)
  throw loginRefused(attempt.lockedUntil, now, because)
}

const selectWaiting = (db: Database, tokenHash: string, now: number) =>
  db
    .select(adminColumns)
    .from(admins)
    .innerJoin(loginTokens, isWaiting(tokenHash, now))
    .leftJoin(loginFailures, eq(loginFailures.emailHash, admins.emailHash))

/** What a session is opened on after the second step: the login waits for it still, and the factor is not used up. */
function openingBy(
  db: Database,
  { factor, condition, statements }: FactorUse,
  tokenHash: string,
  now: number,
) {
  const waiting = db.select({ id: admins.id }).from(admins).innerJoin(loginTokens, isWaiting(tokenHash, now))
  const used = db.delete(loginTokens).where(eq(loginTokens.tokenHash, tokenHash))
  return {
    factors: ['password' as const, factor],
    condition: and(exists(waiting), condition),
    statements: { ...statements, used },
  }
}
