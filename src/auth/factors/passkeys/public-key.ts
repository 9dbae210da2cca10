import { toBase64Url } from '../../../base/encoding.ts'
import { ALGORITHMS, type Algorithm } from './algorithms.ts'
import { type Bytes, base64UrlBytes, type CborMap } from './encodings.ts'
import { demand, PasskeyRefused } from './refused.ts'

const ALGORITHM = 3

/** A public key as it is stored. */
export interface PublicKey {
  /** The number of its COSE algorithm. */
  algorithm: number
  /** SubjectPublicKeyInfo, in base64url. */
  publicKey: string
}

/** Returns a COSE key as it is stored. Throws `PasskeyRefused` unless it is one of the algorithms that were asked for. */
export async function publicKeyOf(key: CborMap): Promise<PublicKey> {
  const algorithm = key.get(ALGORITHM)
  demand('algorithm', typeof algorithm === 'number')
  const kind = algorithmOf(algorithm)
  const jwk = kind.jwkOf(key)
  demand('public_key', jwk !== undefined)
  const imported = await importedKey('jwk', jwk, kind)
  const spki = (await crypto.subtle.exportKey('spki', imported)) as ArrayBuffer
  return { algorithm, publicKey: toBase64Url(new Uint8Array(spki)) }
}

/** What was signed, and how. */
interface Signed {
  authenticatorData: Bytes
  clientDataHash: Bytes
  signature: Bytes
}

/** Throws `PasskeyRefused` unless the owner of the key signed this (WebAuthn Level 3, section 7.2, step 21). */
export async function checkSignature(
  { algorithm, publicKey }: PublicKey,
  { authenticatorData, clientDataHash, signature }: Signed,
): Promise<void> {
  const kind = algorithmOf(algorithm)
  const raw = kind.raw(signature)
  demand('signature', raw !== null)
  const key = await importedKey('spki', base64UrlBytes(publicKey), kind)
  const signed = new Uint8Array([...authenticatorData, ...clientDataHash])
  demand('signature', await crypto.subtle.verify(kind.signature, key, raw, signed))
}

function algorithmOf(number: number): Algorithm {
  const algorithm = ALGORITHMS.get(number)
  demand('algorithm', algorithm !== undefined)
  return algorithm
}

async function importedKey(format: 'jwk', key: JsonWebKey, kind: Algorithm): Promise<CryptoKey>
async function importedKey(format: 'spki', key: Bytes, kind: Algorithm): Promise<CryptoKey>
async function importedKey(
  format: 'jwk' | 'spki',
  key: JsonWebKey | Bytes,
  kind: Algorithm,
): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey(format, key, kind.key, true, ['verify'])
  } catch {
    // A point that is not on its curve, say.
    throw new PasskeyRefused('public_key')
  }
}
