import { toBase64Url } from '../../../base/encoding.ts'
import { readAttestation } from './attestation.ts'
import { checkAuthenticatorData, readAuthenticatorData } from './authenticator-data.ts'
import { checkedClientData, type TakenChallenge } from './client-data.ts'
import type { RegistrationResponse } from './json.ts'
import { type PublicKey, publicKeyOf } from './public-key.ts'
import { demand } from './refused.ts'
import type { RelyingParty } from './relying-party.ts'

/** A passkey that was just made, as far as its authenticator tells. */
export interface NewPasskey extends PublicKey {
  id: string
  counter: number
  transports: string[]
  backupEligible: boolean
  backedUp: boolean
}

/**
 * Verifies the answer to creation options: WebAuthn Level 3, section 7.1. That the credential id is not known yet is for
 * the one who stores it. Throws `PasskeyRefused`.
 */
export async function verifyRegistration(
  relyingParty: RelyingParty,
  taken: readonly TakenChallenge[],
  { id, rawId, response }: RegistrationResponse,
): Promise<NewPasskey> {
  const { clientDataHash } = await checkedClientData(response.clientDataJSON, {
    type: 'webauthn.create',
    relyingParty,
    taken,
  })
  const attestation = readAttestation(response.attestationObject)
  const data = readAuthenticatorData(attestation.authenticatorData)
  await checkAuthenticatorData(data, relyingParty)
  const { credential } = data
  // At most 1023 bytes, as the schema of `id` has it (step 25).
  demand('credential_id', credential !== undefined)
  demand('credential_id', toBase64Url(credential.id) === id && (rawId ?? id) === id)
  const publicKey = await publicKeyOf(credential.publicKey)
  await attestation.check(publicKey, clientDataHash)
  return {
    id,
    ...publicKey,
    counter: data.counter,
    transports: [...new Set(response.transports)],
    backupEligible: data.isSet('backupEligible'),
    backedUp: data.isSet('backedUp'),
  }
}
