import { and, eq, exists, lt, or, type SQL } from 'drizzle-orm'
import type { Statements } from '../../../db/batch.ts'
import type { Database } from '../../../db/client.ts'
import { passkeys } from '../../../db/schema/factors.ts'
import { checkAuthenticatorData, readAuthenticatorData } from './authenticator-data.ts'
import { checkedClientData, type TakenChallenge } from './client-data.ts'
import { base64UrlBytes } from './encodings.ts'
import type { AuthenticationResponse } from './json.ts'
import { checkSignature } from './public-key.ts'
import { demand } from './refused.ts'
import type { RelyingParty } from './relying-party.ts'

/** A passkey as it is stored, as far as its use depends on it. */
export type KnownPasskey = Pick<
  typeof passkeys.$inferSelect,
  'id' | 'adminId' | 'publicKey' | 'algorithm' | 'counter' | 'userHandle' | 'backupEligible'
>

/** A use of a passkey that verified. */
export interface PasskeyUse {
  passkeyId: string
  adminId: number
  counter: number
  backedUp: boolean
}

/**
 * Verifies the answer to request options with the passkey that it names, if there is one: WebAuthn Level 3, section 7.2.
 * The use does not count before what `passkeyUse` gives is done. Throws `PasskeyRefused`; with the rule `counter`, two
 * authenticators have the key.
 */
export async function verifyAuthentication(
  relyingParty: RelyingParty,
  taken: readonly TakenChallenge[],
  { id, rawId, response }: AuthenticationResponse,
  passkey: KnownPasskey | undefined,
): Promise<PasskeyUse> {
  const { challenge, clientDataHash } = await checkedClientData(response.clientDataJSON, {
    type: 'webauthn.get',
    relyingParty,
    taken,
  })
  demand('credential_id', passkey?.id === id && (rawId ?? id) === id)
  checkOwner(challenge, passkey, response.userHandle)
  const authenticatorData = base64UrlBytes(response.authenticatorData)
  const data = readAuthenticatorData(authenticatorData)
  await checkAuthenticatorData(data, relyingParty)
  demand('backup', data.isSet('backupEligible') === passkey.backupEligible)
  const signature = base64UrlBytes(response.signature)
  await checkSignature(passkey, { authenticatorData, clientDataHash, signature })
  // Last, so that only the owner of the key can make it look like a copy.
  demand('counter', data.counter > passkey.counter || (data.counter === 0 && passkey.counter === 0))
  return { passkeyId: id, adminId: passkey.adminId, counter: data.counter, backedUp: data.isSet('backedUp') }
}

/**
 * Throws `PasskeyRefused` unless the passkey belongs to the account that the challenge was made for, or, if it was made
 * for nobody in particular, says itself whose it is (section 7.2, step 6).
 */
function checkOwner(
  { adminId }: TakenChallenge,
  passkey: KnownPasskey,
  userHandle: string | null | undefined,
): void {
  demand('owner', adminId === null || adminId === passkey.adminId)
  const isNamed = adminId === null || (userHandle ?? null) !== null
  demand('user_handle', !isNamed || userHandle === passkey.userHandle)
}

/**
 * Returns what makes a use count: the condition that the passkey is still there, and that its counter did not go as far
 * meanwhile, when another authenticator has the same key; and the statement that notes it in the same transaction.
 */
export function passkeyUse(
  db: Database,
  { passkeyId, adminId, counter, backedUp }: PasskeyUse,
  now: number,
): { condition: SQL; statements: Statements } {
  const usable = and(
    eq(passkeys.id, passkeyId),
    eq(passkeys.adminId, adminId),
    or(lt(passkeys.counter, counter), and(eq(passkeys.counter, 0), eq(passkeys.counter, counter))),
  )
  return {
    condition: exists(db.select({ id: passkeys.id }).from(passkeys).where(usable)),
    statements: { passkey: db.update(passkeys).set({ counter, backedUp, lastUsedAt: now }).where(usable) },
  }
}
