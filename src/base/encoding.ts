import { Buffer } from 'node:buffer'

/** The UTF-8 bytes of a text. */
export const utf8 = (text: string) => new TextEncoder().encode(text)

/** The text that UTF-8 bytes stand for, without a byte order mark. @throws TypeError if they are not UTF-8 */
export const fromUtf8 = (bytes: Uint8Array) =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)

/** As `fromUtf8`, but a byte order mark stays: the text encodes to the same bytes. @throws TypeError */
export const fromExactUtf8 = (bytes: Uint8Array) =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)

/** The bytes that `hex` stands for, in either case; null if it is not hex. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> | null {
  return /^([0-9a-f]{2})*$/i.test(hex) ? new Uint8Array(Buffer.from(hex, 'hex')) : null
}

/** Base64url without padding (RFC 4648, section 5). */
export const toBase64Url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

/** The bytes of an unpadded base64url text; null if it is not one. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes = new Uint8Array(Buffer.from(text, 'base64url'))
  // The decoder passes over what it does not know, so only a text that comes back the same was one.
  return toBase64Url(bytes) === text ? bytes : null
}
