import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export { default as computeArgon2id } from 'argon2id/lib/argon2id.js'

const file = fileURLToPath(import.meta.resolve('argon2id/dist/simd.wasm'))

// The types are the Worker's, where nothing can be compiled.
export const module: WebAssembly.Module = Reflect.construct(WebAssembly.Module, [readFileSync(file)])
