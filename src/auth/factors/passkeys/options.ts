import { toBase64Url, utf8 } from '../../../base/encoding.ts'
import type { passkeys } from '../../../db/schema/factors.ts'
import type { Stores } from '../../../http/stores.ts'
import { ALGORITHMS } from './algorithms.ts'
import { CHALLENGE_VALID_MS } from './challenges.ts'
import type { RelyingParty } from './relying-party.ts'

type Listed = Pick<typeof passkeys.$inferSelect, 'id' | 'transports'>

/** The account that a passkey is made for. */
interface User {
  email: string
  userHandle: string
}

/**
 * Returns by what authenticators know an account: the same for all of its passkeys, so that one replaces the one before
 * on the same device, and nothing about its owner (WebAuthn Level 3, section 14.6.1).
 */
export const userHandleOf = async ({ pseudonymOf }: Pick<Stores, 'pseudonymOf'>, adminId: number) =>
  toBase64Url(utf8(await pseudonymOf('passkeys', adminId)))

/** Returns a PublicKeyCredentialCreationOptionsJSON. `existing` are not made again. */
export const creationOptions = (
  { id, name }: RelyingParty,
  challenge: string,
  { email, userHandle }: User,
  existing: readonly Listed[],
) => ({
  rp: { id, name },
  user: { id: userHandle, name: email, displayName: email },
  challenge,
  pubKeyCredParams: [...ALGORITHMS.keys()].map((alg) => ({ type: 'public-key' as const, alg })),
  timeout: CHALLENGE_VALID_MS,
  excludeCredentials: existing.map(descriptor),
  authenticatorSelection: {
    residentKey: 'required' as const,
    requireResidentKey: true as const,
    userVerification: 'required' as const,
  },
  attestation: 'none' as const,
})

/** Returns a PublicKeyCredentialRequestOptionsJSON: for these passkeys, or for any that the authenticator has. */
export const requestOptions = ({ id }: RelyingParty, challenge: string, allowed: readonly Listed[] = []) => ({
  challenge,
  timeout: CHALLENGE_VALID_MS,
  rpId: id,
  allowCredentials: allowed.map(descriptor),
  userVerification: 'required' as const,
})

const descriptor = ({ id, transports }: Listed) => ({ type: 'public-key' as const, id, transports })
