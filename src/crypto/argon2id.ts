import { computeArgon2id, module } from '#argon2id-wasm'
import { utf8 } from '../base/encoding.ts'
import { once } from '../base/once.ts'

/** The cost of one hash (RFC 9106, section 3.1). */
export interface Argon2Cost {
  /** Memory in KiB. */
  m: number
  /** Passes. */
  t: number
  /** Lanes. */
  p: number
}

const HASH_BYTES = 32

/** The shortest password that the WebAssembly implementation supports; chosen and random ones are longer. */
const MIN_PASSWORD_BYTES = 8

/** The initial memory in pages of 64 KiB, as the code imports it. The first hash grows it to its cost. */
const MEMORY = { initial: 1, maximum: 65_536 }

/** The instance of the isolate. Its memory is reused: new ones would pile up until they are collected. */
const wasm = once(() => {
  const memory = new WebAssembly.Memory(MEMORY)
  return { memory, instance: new WebAssembly.Instance(module, { env: { memory } }) }
})

/**
 * Returns the 32 bytes of a password's argon2id hash. Blocks the isolate for as long as `cost` takes. Throws
 * RangeError if the password is not hashable.
 */
export function argon2idHash(password: string, salt: Uint8Array, { m, t, p }: Argon2Cost): Uint8Array {
  const bytes = passwordBytes(password)
  if (bytes.length < MIN_PASSWORD_BYTES) throw new RangeError('a password too short to be hashed')
  const { memory, instance } = wasm()
  try {
    const cost = { memorySize: m, passes: t, parallelism: p, tagLength: HASH_BYTES }
    return computeArgon2id({ password: bytes, salt, ...cost }, { memory, instance })
  } finally {
    // The package leaves the blocks in place, from the last of which the hash follows.
    new Uint8Array(memory.buffer, 0, m * 1024 + 10 * 1024).fill(0)
    bytes.fill(0)
  }
}

/** Returns whether a password is long enough to be hashed. */
export const isHashable = (password: string) => passwordBytes(password).length >= MIN_PASSWORD_BYTES

/**
 * Normalizes to NFKC, so that a password typed on another keyboard is the same (NIST SP 800-63B-4, section 3.1.1.2).
 */
const passwordBytes = (password: string) => utf8(password.normalize('NFKC'))
