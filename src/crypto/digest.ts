import { timingSafeEqual } from 'node:crypto'
import { toHex, utf8 } from './encoding.ts'

/** Lower-case hex of the SHA-256 of a text's UTF-8 bytes. */
export async function sha256Hex(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text))))
}

/** Whether two hex digests of one algorithm are the same, in constant time. */
export const sameDigest = (left: string, right: string) =>
  left.length === right.length && timingSafeEqual(utf8(left), utf8(right))
