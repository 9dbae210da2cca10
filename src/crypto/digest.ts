import { createHash, timingSafeEqual } from 'node:crypto'
import { utf8 } from './encoding.ts'

/** Lower-case hex of the SHA-256 of bytes, or of a text's UTF-8 bytes. */
export const sha256Hex = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')

/** Whether two hex digests of one algorithm are the same, in constant time. */
export const sameDigest = (left: string, right: string) =>
  left.length === right.length && timingSafeEqual(utf8(left), utf8(right))
