import { fromBase64Url } from '../../../src/base/encoding.ts'
import { type Cbor, joined } from './cbor.ts'

/** The kinds of passkeys by their COSE numbers. */
export const ES256 = -7
export const EDDSA = -8
export const RS256 = -257

export type Algorithm = typeof ES256 | typeof EDDSA | typeof RS256

/** The key of a passkey, as an authenticator keeps it. */
export interface Key {
  algorithm: Algorithm
  privateKey: CryptoKey
  /** The public half as COSE has it. */
  cose: Map<Cbor, Cbor>
}

const generated = {
  [ES256]: { name: 'ECDSA', namedCurve: 'P-256' },
  [EDDSA]: { name: 'Ed25519' },
  [RS256]: {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: 'SHA-256',
  },
}

const signed = {
  [ES256]: { name: 'ECDSA', hash: 'SHA-256' },
  [EDDSA]: { name: 'Ed25519' },
  [RS256]: { name: 'RSASSA-PKCS1-v1_5' },
}

export async function makeKey(algorithm: Algorithm, modulusLength = 2048): Promise<Key> {
  const kind = algorithm === RS256 ? { ...generated[RS256], modulusLength } : generated[algorithm]
  const pair = (await crypto.subtle.generateKey(kind, true, ['sign', 'verify'])) as CryptoKeyPair
  const jwk = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as JsonWebKey
  return { algorithm, privateKey: pair.privateKey, cose: coseOf(algorithm, jwk) }
}

function coseOf(algorithm: Algorithm, { x, y, n, e }: JsonWebKey): Map<Cbor, Cbor> {
  const bytes = (text?: string) => fromBase64Url(text ?? '') ?? new Uint8Array()
  const kinds: Record<Algorithm, [Cbor, Cbor][]> = {
    [ES256]: [
      [1, 2],
      [3, ES256],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ],
    [EDDSA]: [
      [1, 1],
      [3, EDDSA],
      [-1, 6],
      [-2, bytes(x)],
    ],
    [RS256]: [
      [1, 3],
      [3, RS256],
      [-1, bytes(n)],
      [-2, bytes(e)],
    ],
  }
  return new Map(kinds[algorithm])
}

/** Signs as authenticators do: ES256 in DER, the others as they are. */
export async function sign({ algorithm, privateKey }: Key, data: Uint8Array<ArrayBuffer>) {
  const signature = new Uint8Array(await crypto.subtle.sign(signed[algorithm], privateKey, data))
  return algorithm === ES256 ? der(signature) : signature
}

/** The DER of a raw ECDSA signature. */
function der(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const integers = [raw.slice(0, raw.length / 2), raw.slice(raw.length / 2)].map(derInteger)
  const body = joined(...integers)
  return joined(Uint8Array.of(0x30, body.length), body)
}

function derInteger(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0)
  const digits = start === -1 ? Uint8Array.of(0) : bytes.slice(start)
  const positive = (digits[0] ?? 0) >= 0x80 ? joined(Uint8Array.of(0), digits) : digits
  return joined(Uint8Array.of(0x02, positive.length), positive)
}
