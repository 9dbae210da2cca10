import { utf8 } from '../../../base/encoding.ts'
import { sameBytes } from '../../../crypto/digest.ts'
import { type Bytes, type CborMap, cborMapAt } from './encodings.ts'
import { demand } from './refused.ts'
import type { RelyingParty } from './relying-party.ts'

/** The layout of WebAuthn Level 3, sections 6.1 and 6.5.1: offsets and lengths in bytes. */
const RP_ID_HASH_LENGTH = 32
const FLAGS_AT = 32
const COUNTER_AT = 33
const HEAD_LENGTH = 37
const CREDENTIAL_ID_LENGTH_AT = HEAD_LENGTH + 16
const CREDENTIAL_ID_AT = CREDENTIAL_ID_LENGTH_AT + 2

const FLAGS = {
  userPresent: 1 << 0,
  userVerified: 1 << 2,
  backupEligible: 1 << 3,
  backedUp: 1 << 4,
  attestedCredential: 1 << 6,
  extensions: 1 << 7,
} as const

/** A credential that was just made. */
export interface AttestedCredential {
  id: Bytes
  publicKey: CborMap
}

/** What an authenticator says of a ceremony, and signs. */
export interface AuthenticatorData {
  rpIdHash: Bytes
  isSet(flag: keyof typeof FLAGS): boolean
  /** How often it signed; 0 if it does not count. */
  counter: number
  credential: AttestedCredential | undefined
}

/** Parses authenticator data to its last byte. Throws `PasskeyRefused` for anything else. */
export function readAuthenticatorData(bytes: Bytes): AuthenticatorData {
  demand('malformed', bytes.length >= HEAD_LENGTH)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const flags = view.getUint8(FLAGS_AT)
  const isSet = (flag: keyof typeof FLAGS) => (flags & FLAGS[flag]) !== 0
  let end = HEAD_LENGTH
  let credential: AttestedCredential | undefined
  if (isSet('attestedCredential')) {
    demand('malformed', bytes.length > CREDENTIAL_ID_AT)
    const keyAt = CREDENTIAL_ID_AT + view.getUint16(CREDENTIAL_ID_LENGTH_AT)
    const key = cborMapAt(bytes, keyAt)
    credential = { id: bytes.slice(CREDENTIAL_ID_AT, keyAt), publicKey: key.map }
    end = key.end
  }
  if (isSet('extensions')) end = cborMapAt(bytes, end).end
  demand('malformed', end === bytes.length)
  return {
    rpIdHash: bytes.slice(0, RP_ID_HASH_LENGTH),
    isSet,
    counter: view.getUint32(COUNTER_AT),
    credential,
  }
}

/**
 * Throws `PasskeyRefused` unless the authenticator saw this relying party, and somebody who was there and proved who
 * they are (section 7.1, steps 14 to 17, and 7.2, steps 16 to 19).
 */
export async function checkAuthenticatorData(data: AuthenticatorData, { id }: RelyingParty): Promise<void> {
  const rpIdHash = new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(id)))
  demand('rp_id', sameBytes(data.rpIdHash, rpIdHash))
  demand('user_present', data.isSet('userPresent'))
  demand('user_verified', data.isSet('userVerified'))
  demand('backup', data.isSet('backupEligible') || !data.isSet('backedUp'))
}
