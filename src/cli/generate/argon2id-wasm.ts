import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Makes src/crypto/argon2id.wasm from the package's own; with --check only tells whether it is as the package has it.
// The package's imports a memory of 65 MiB at least, which is half of what an isolate may have, WebAssembly counted
// (https://developers.cloudflare.com/workers/platform/limits/#memory). A hash at today's cost needs 19.
const SOURCE = fileURLToPath(import.meta.resolve('argon2id/dist/simd.wasm'))
const TARGET = 'src/crypto/argon2id.wasm'

// The import of a memory (https://www.w3.org/TR/wasm-core-2/#import-section): two names, each after its length, and
// 02 01 for a memory that has a maximum; then its minimum in pages as LEB128, which takes two bytes for 1,040, and for 1
// in the same place.
const IMPORTED = Buffer.from('\x03env\x06memory\x02\x01\x90\x08', 'latin1')
const ONE_PAGE = Buffer.from('\x03env\x06memory\x02\x01\x81\x00', 'latin1')

const wasm = readFileSync(SOURCE)
const at = wasm.indexOf(IMPORTED)
if (at < 0) throw new Error(`${SOURCE} does not import a memory of 1,040 pages`)
wasm.set(ONE_PAGE, at)

if (!process.argv.includes('--check')) writeFileSync(TARGET, wasm)
else if (!readFileSync(TARGET).equals(wasm)) {
  console.error(`${TARGET} is out of date: run npm run generate:argon2id-wasm`)
  process.exitCode = 1
}
