import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { utf8 } from '../base/encoding.ts'

/**
 * Returns the lower-case hex SHA-256 of bytes, or of a text's UTF-8 bytes. Not by node:crypto, which takes 10 ms of
 * an isolate's start to load.
 */
export const sha256Hex = (content: string | Uint8Array) =>
  bytesToHex(sha256(typeof content === 'string' ? utf8(content) : content))

/** Returns the same for large input, a body or an object: there Web Crypto is 15 times as fast. */
export async function sha256HexOfMuch(content: string | Uint8Array): Promise<string> {
  const bytes = typeof content === 'string' ? utf8(content) : content
  return bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

/** Returns whether two hex digests of one algorithm are equal, in constant time. */
export const sameDigest = (left: string, right: string) => sameBytes(utf8(left), utf8(right))

/** Returns whether bytes are equal. The time it takes depends on their length only. */
export const sameBytes = (left: Uint8Array, right: Uint8Array) =>
  left.length === right.length && crypto.subtle.timingSafeEqual(left, right)
