import { eq } from 'drizzle-orm'
import { adminColumns, emailHashOf } from '../../auth/accounts/account.ts'
import { attemptWith, loginRefused, noteFailure } from '../../auth/accounts/attempts.ts'
import { newChallenge } from '../../auth/factors/passkeys/challenges.ts'
import type { AuthenticationResponse } from '../../auth/factors/passkeys/json.ts'
import { requestOptions } from '../../auth/factors/passkeys/options.ts'
import { relyingPartyOf } from '../../auth/factors/passkeys/relying-party.ts'
import { queriesForPasskey, useOfPasskey } from '../../auth/factors/second-factor.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { passkeys } from '../../db/schema/factors.ts'
import { admins, loginFailures } from '../../db/schema/staff.ts'
import { orUnavailable } from '../../errors.ts'
import { setTarget } from '../../http/context.ts'
import type { Stores } from '../../http/stores.ts'
import { type Login, type LoginCall, openSession } from './opening.ts'

/** Returns what a passkey has to sign to log its owner in, whoever that is. */
export async function passkeyLoginOptions(
  { db, settings }: Pick<Stores, 'db' | 'settings'>,
  now: number,
): Promise<ReturnType<typeof requestOptions>> {
  const { challenge, stored } = newChallenge(db, { purpose: 'login' }, now)
  await orUnavailable(inOneTrip(db, { stored }))
  return requestOptions(relyingPartyOf(settings), challenge)
}

/**
 * Logs an admin in by a passkey alone, which is two factors: it is had, and it asked for a PIN, a finger or a face. An
 * unknown one is counted as a failure of nobody, and refused as a wrong one is.
 * @throws AppError login_invalid, dependency_unavailable
 */
export async function loginByPasskey(call: LoginCall, credential: AuthenticationResponse): Promise<Login> {
  const { stores, facts, now } = call
  const { db } = stores
  const { owners } = await orUnavailable(inOneTrip(db, { owners: selectOwner(db, credential.id) }))
  const [owner] = owners
  if (owner) setTarget(facts, 'admin', `${owner.id}`)
  // No email has a blank in it.
  const emailHash = emailHashOf(owner?.email ?? `passkey ${credential.id}`)
  const queries = queriesForPasskey(db, credential, { purpose: 'login' }, now)
  const { attempt, ...found } = await attemptWith(stores, emailHash, queries, now)
  if (!attempt.isAllowed) throw loginRefused(attempt.lockedUntil, now)

  const { use, because } = await useOfPasskey(stores, credential, found, now)
  const opened =
    use && owner?.disabledAt === null && (await openSession(call, owner, { ...use, factors: [use.factor] }))
  if (opened) return opened
  noteFailure(stores, facts, { emailHash, adminId: owner?.id ?? null }, attempt.lockedUntil, now)
  throw loginRefused(attempt.lockedUntil, now, because)
}

const selectOwner = (db: Database, passkeyId: string) =>
  db
    .select(adminColumns)
    .from(admins)
    .innerJoin(passkeys, eq(passkeys.adminId, admins.id))
    .leftJoin(loginFailures, eq(loginFailures.emailHash, admins.emailHash))
    .where(eq(passkeys.id, passkeyId))
