import { toBase64Url } from '../../../base/encoding.ts'
import type { Bytes, CborMap } from './encodings.ts'
import { rawSignature } from './raw-signature.ts'

/** A kind of key and signature, as COSE and Web Crypto name it. */
export interface Algorithm {
  /** Returns a COSE key as a JWK; undefined if it is none of this algorithm. */
  jwkOf(key: CborMap): JsonWebKey | undefined
  /** Of `importKey`. */
  key: { name: string; namedCurve?: string; hash?: string }
  /** Of `verify`. */
  signature: { name: string; hash?: string }
  /** Returns a signature in Web Crypto's form; null if it has not the form of one. */
  raw(signature: Bytes): Bytes | null
}

/** Labels and values of COSE keys: RFC 9052, section 7.1; RFC 9053, section 7; RFC 8230, section 4. */
const KEY_TYPE = 1
const OKP = 1
const EC2 = 2
const RSA = 3
const CURVE = -1
const P256 = 1
const ED25519 = 6
const X = -2
const Y = -3
const MODULUS = -1
const EXPONENT = -2

const COORDINATE_BYTES = 32
const MAX_EXPONENT_BYTES = 3

/** 2048 bits at least (NIST SP 800-131A), and 4096 at most, so that no signature is dear to verify. */
const MIN_MODULUS_BYTES = 256
const MAX_MODULUS_BYTES = 512

/** 65537, the exponent that authenticators use: NIST SP 800-56B, section 6.2, wants no smaller one. */
const COMMON_EXPONENT = 'AQAB'

const asIs = (signature: Bytes) => signature

/** Uncompressed points of P-256 only: WebAuthn Level 3, section 5.8.5. */
const ES256: Algorithm = {
  jwkOf(key) {
    const [x, y] = [bytesOf(key.get(X), COORDINATE_BYTES), bytesOf(key.get(Y), COORDINATE_BYTES)]
    if (key.get(KEY_TYPE) !== EC2 || key.get(CURVE) !== P256 || !x || !y) return undefined
    return { kty: 'EC', crv: 'P-256', x, y }
  },
  key: { name: 'ECDSA', namedCurve: 'P-256' },
  signature: { name: 'ECDSA', hash: 'SHA-256' },
  raw: rawSignature,
}

const EDDSA: Algorithm = {
  jwkOf(key) {
    const x = bytesOf(key.get(X), COORDINATE_BYTES)
    if (key.get(KEY_TYPE) !== OKP || key.get(CURVE) !== ED25519 || !x) return undefined
    return { kty: 'OKP', crv: 'Ed25519', x }
  },
  key: { name: 'Ed25519' },
  signature: { name: 'Ed25519' },
  raw: asIs,
}

const RS256: Algorithm = {
  jwkOf(key) {
    const n = bytesOf(key.get(MODULUS), MIN_MODULUS_BYTES, MAX_MODULUS_BYTES)
    const e = bytesOf(key.get(EXPONENT), 1, MAX_EXPONENT_BYTES)
    // One that begins with zeros is shorter than it looks.
    if (key.get(KEY_TYPE) !== RSA || !n || n.startsWith('A') || e !== COMMON_EXPONENT) return undefined
    return { kty: 'RSA', n, e }
  },
  key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  signature: { name: 'RSASSA-PKCS1-v1_5' },
  raw: asIs,
}

/** The algorithms that passkeys may have, by their COSE numbers, the preferred one first. */
export const ALGORITHMS: ReadonlyMap<number, Algorithm> = new Map([
  [-7, ES256],
  [-8, EDDSA],
  [-257, RS256],
])

/** Returns a byte string of such a length, in base64url; undefined for anything else. */
const bytesOf = (value: unknown, min: number, max = min) =>
  value instanceof Uint8Array && value.length >= min && value.length <= max ? toBase64Url(value) : undefined
