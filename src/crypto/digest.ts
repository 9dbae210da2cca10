import { timingSafeEqual } from 'node:crypto'
import { toHex, utf8 } from './encoding.ts'

/** Lower-case hex of the SHA-256 of bytes. */
export const sha256HexOf = async (bytes: Uint8Array) =>
  toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource)))

/** Lower-case hex of the SHA-256 of a text's UTF-8 bytes. */
export const sha256Hex = (text: string) => sha256HexOf(utf8(text))

/** Whether two hex digests of one algorithm are the same, in constant time. */
export const sameDigest = (left: string, right: string) =>
  left.length === right.length && timingSafeEqual(utf8(left), utf8(right))
