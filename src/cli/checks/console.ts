import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { PAGES_FOLDER } from '../local/pages.ts'

// Fails if the first screen of the console takes more than what a slow line brings in a second.
const MAX_KIBIBYTES = 60

const read = (path: string) => readFileSync(join(PAGES_FOLDER, path))

const page = read('console/index.html').toString()
const links = [...page.matchAll(/(?:src|href)="\/(console\/files\/[^"]+\.(?:js|css))"/g)]
const files = links.map(([, path = '']) => path)
const size = files.reduce((sum, path) => sum + gzipSync(read(path)).length, 0) / 1024

if (files.length < 2) fail('the page of the console names no files')
if (size > MAX_KIBIBYTES)
  fail(`the first screen of the console is ${size.toFixed(0)} KiB gzip, more than ${MAX_KIBIBYTES}`)

function fail(reason: string): void {
  console.error(reason)
  process.exitCode = 1
}
