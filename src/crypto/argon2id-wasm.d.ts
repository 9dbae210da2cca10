import type { Argon2idParams } from 'argon2id/lib/setup.js'

/** The compiled code. It imports its memory as `env.memory`. */
export const module: WebAssembly.Module

/**
 * Computes a hash. Grows the memory where the hash needs more. Throws for an empty password and for a single byte below 8.
 */
export function computeArgon2id(
  parameters: Argon2idParams,
  wasm: { memory: WebAssembly.Memory; instance: WebAssembly.Instance },
): Uint8Array
