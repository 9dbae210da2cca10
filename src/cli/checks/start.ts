import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { bundled, gzipKibibytes } from './bundle.ts'

// Fails if an isolate starts with more than it has to: a large Worker, or schemas that no request has asked for yet.
const MAX_KIBIBYTES = 200

const folder = mkdtempSync(join(tmpdir(), 'steward-bundle-'))
try {
  const size = gzipKibibytes(bundled('src/index.ts', folder))
  if (size > MAX_KIBIBYTES) fail(`the Worker is ${size.toFixed(0)} KiB gzip, more than ${MAX_KIBIBYTES}`)
} finally {
  rmSync(folder, { recursive: true })
}

let made = 0
z.config({
  postProcessor: () => {
    made++
  },
})
await import('../../index.ts')
if (made > 0) fail(`${made} schemas are made when the Worker starts: make them in functions`)

function fail(reason: string): void {
  console.error(reason)
  process.exitCode = 1
}
