import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'

const ROOT = resolve(import.meta.dirname, '../../..')
const TARGET = ['--config', join(ROOT, 'wrangler.toml'), '--env', 'production']

/** The upload of a deploy: the Worker's code, and the WebAssembly that it imports by these names. */
export interface Bundle {
  code: string
  wasm: { name: string; contents: Buffer }[]
}

/** Bundles and minifies a Worker, as a deploy would, into a folder. `entry` is a path from the root. */
export function bundled(entry: string, folder: string): Bundle {
  const outdir = join(folder, entry.replaceAll('/', '-'))
  execFileSync(
    'wrangler',
    ['deploy', join(ROOT, entry), ...TARGET, '--dry-run', '--minify', '--outdir', outdir],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const name = entry.split('/').at(-1)?.replace(/\.ts$/, '.js') ?? ''
  const wasm = readdirSync(outdir).filter((file) => file.endsWith('.wasm'))
  return {
    code: readFileSync(join(outdir, name), 'utf8'),
    wasm: wasm.map((file) => ({ name: file, contents: readFileSync(join(outdir, file)) })),
  }
}

export const gzipKibibytes = ({ code, wasm }: Bundle) =>
  [code, ...wasm.map(({ contents }) => contents)].reduce((sum, part) => sum + gzipSync(part).length, 0) / 1024
