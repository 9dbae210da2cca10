import { argon2id } from '@noble/hashes/argon2.js'

/** What one hash costs (RFC 9106, section 3.1). */
export interface Argon2Cost {
  /** Memory in KiB. */
  m: number
  /** Passes. */
  t: number
  /** Lanes. */
  p: number
}

const HASH_BYTES = 32

/** The 32 bytes that argon2id makes of a password. Takes as long as `cost` says, and blocks the isolate. */
export function argon2idHash(password: string, salt: Uint8Array, cost: Argon2Cost): Uint8Array {
  // NFKC, so that a password typed on another keyboard is the same (NIST SP 800-63B-4, section 3.1.1.2).
  return argon2id(password.normalize('NFKC'), salt, { ...cost, dkLen: HASH_BYTES })
}
