import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export { default as computeArgon2id } from 'argon2id/lib/argon2id.js'

const bytes = readFileSync(join(import.meta.dirname, 'argon2id.wasm'))

// The types are the Worker's, where nothing can be compiled.
export const module: WebAssembly.Module = Reflect.construct(WebAssembly.Module, [bytes])
