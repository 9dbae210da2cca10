import { eq, lt } from 'drizzle-orm'
import type { SessionActor } from '../../auth/actor.ts'
import { tellOwner } from '../../auth/factors/notices.ts'
import { newChallenge, takeChallenge } from '../../auth/factors/passkeys/challenges.ts'
import type { RegistrationResponse } from '../../auth/factors/passkeys/json.ts'
import { creationOptions, userHandleOf } from '../../auth/factors/passkeys/options.ts'
import { PasskeyRefused } from '../../auth/factors/passkeys/refused.ts'
import { type NewPasskey, verifyRegistration } from '../../auth/factors/passkeys/registration.ts'
import { relyingPartyOf } from '../../auth/factors/passkeys/relying-party.ts'
import { inOneTrip } from '../../db/batch.ts'
import { onlyIf, unlessUnmet } from '../../db/condition.ts'
import { passkeys } from '../../db/schema/factors.ts'
import { AppError, FIELD_TEXT } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import { type Passkey, presentPasskey } from './passkey-records.service.ts'

type Actor = Pick<SessionActor, 'adminId' | 'sessionId' | 'admin'>

/** The options of each ceremony list them all. */
const MAX_PASSKEYS = 10

const challengeOf = ({ adminId, sessionId }: Actor) =>
  ({ purpose: 'register', adminId, boundTo: sessionId }) as const

/** Returns what an authenticator makes a passkey of this account from. */
export async function passkeyOptions(
  stores: Stores,
  actor: Actor,
  now: number,
): Promise<ReturnType<typeof creationOptions>> {
  const { db, settings } = stores
  const { adminId, admin } = actor
  const { challenge, stored } = newChallenge(db, challengeOf(actor), now)
  const { existing } = await inOneTrip(db, {
    stored,
    existing: db.select().from(passkeys).where(eq(passkeys.adminId, adminId)),
  })
  const user = { email: admin.email, userHandle: await userHandleOf(stores, adminId) }
  return creationOptions(relyingPartyOf(settings), challenge, user, existing)
}

/**
 * Adds a passkey to the account.
 * @throws AppError invalid if it breaks a rule of WebAuthn, or answers no challenge of this session; passkey_exists,
 * passkey_limit
 */
export async function addPasskey(
  stores: Stores,
  actor: Actor,
  { name, credential }: { name: string; credential: RegistrationResponse },
  now: number,
): Promise<Passkey> {
  const { db } = stores
  const { adminId, admin } = actor
  const { taken } = await inOneTrip(db, { taken: takeChallenge(db, challengeOf(actor), credential, now) })
  const verified = await verifiedPasskey(stores, taken, credential)
  const own = eq(passkeys.adminId, adminId)
  const done = await unlessUnmet(
    inOneTrip(db, {
      only: onlyIf(db, lt(db.$count(passkeys, own), MAX_PASSKEYS)),
      added: db
        .insert(passkeys)
        .values({
          ...verified,
          adminId,
          name,
          userHandle: await userHandleOf(stores, adminId),
          createdAt: now,
        })
        .onConflictDoNothing()
        .returning(),
    }),
  )
  if (!done) throw new AppError('passkey_limit')
  const [row] = done.added
  if (!row) throw new AppError('passkey_exists')
  tellOwner(stores, admin.email, 'passkey_added')
  return presentPasskey(row)
}

async function verifiedPasskey(
  { settings }: Pick<Stores, 'settings'>,
  taken: Parameters<typeof verifyRegistration>[1],
  credential: RegistrationResponse,
): Promise<NewPasskey> {
  try {
    return await verifyRegistration(relyingPartyOf(settings), taken, credential)
  } catch (error) {
    if (!(error instanceof PasskeyRefused)) throw error
    throw new AppError('invalid', { fields: { credential: [FIELD_TEXT.invalid] }, because: error.rule })
  }
}
