import { crc32 } from '../../crypto/crc32.ts'
import { BASE62, randomString } from '../../crypto/random.ts'

const SECRET_LENGTH = 30
const CHECKSUM_LENGTH = 6

/** Whose key it is, told by its prefix. */
export type AccessKeyKind = 'admin' | 'customer'

/**
 * A new access key: `stw_<kind>_`, 30 random base62 characters (178 bits) and 6 of the CRC-32 of all before them.
 * The prefix lets secret scanners find leaked keys, the checksum refuses mistyped ones without any I/O.
 */
export function createAccessKey(kind: AccessKeyKind): string {
  const body = `stw_${kind}_${randomString(BASE62, SECRET_LENGTH)}`
  return body + checksum(body)
}

/** Whether `text` has the form of a key of this kind, checksum included. Says nothing of whether it exists. */
export function hasAccessKeyForm(kind: AccessKeyKind, text: string): boolean {
  const prefix = `stw_${kind}_`
  if (text.length !== prefix.length + SECRET_LENGTH + CHECKSUM_LENGTH || !text.startsWith(prefix))
    return false
  const body = text.slice(0, -CHECKSUM_LENGTH)
  return /^\w+$/.test(text) && checksum(body) === text.slice(-CHECKSUM_LENGTH)
}

/**
 * Returns the part of a key that listings show, so that its owner can tell it from others: the prefix and 4 of 30
 * characters.
 */
export const keyHint = (kind: AccessKeyKind, key: string) => `${key.slice(0, `stw_${kind}_`.length + 4)}…`

function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = BASE62.charAt(rest % BASE62.length) + digits
    rest = Math.floor(rest / BASE62.length)
  }
  return digits
}
