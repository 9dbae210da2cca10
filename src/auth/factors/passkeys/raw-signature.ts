import type { Bytes } from './encodings.ts'

/** The bytes of each of the two integers of a signature over P-256. */
const INTEGER_BYTES = 32

const SEQUENCE = 0x30
const INTEGER = 0x02

/**
 * Returns an ECDSA signature over P-256 as Web Crypto has it, `r` and `s` of 32 bytes each. Authenticators send it in
 * DER, `SEQUENCE { r INTEGER, s INTEGER }` (WebAuthn Level 3, section 6.5.5), where an integer is as long as it has to
 * be. Null if it is not exactly that.
 */
export function rawSignature(der: Bytes): Bytes | null {
  const raw = new Uint8Array(2 * INTEGER_BYTES)
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) return null
  let at = 2
  for (const end of [INTEGER_BYTES, 2 * INTEGER_BYTES]) {
    const length = der[at + 1] ?? 0
    const integer = der.slice(at + 2, at + 2 + length)
    if (der[at] !== INTEGER || !isPositive(integer)) return null
    const digits = integer[0] === 0 ? integer.slice(1) : integer
    if (digits.length > INTEGER_BYTES) return null
    raw.set(digits, end - digits.length)
    at += 2 + length
  }
  return at === der.length ? raw : null
}

/** Returns whether an integer of DER is above zero, and no longer than it has to be: ITU-T X.690, section 8.3. */
function isPositive([first = 0, second = 0]: Bytes): boolean {
  return first === 0 ? second >= 0x80 : first < 0x80
}
