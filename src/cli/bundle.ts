import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'

const ROOT = resolve(import.meta.dirname, '../..')
const TARGET = ['--config', join(ROOT, 'wrangler.toml'), '--env', 'production']

/** Bundles a Worker as a deploy would, minified, into a folder, and gives its code. `entry` is a path from the root. */
export function bundled(entry: string, folder: string): string {
  const outdir = join(folder, entry.replaceAll('/', '-'))
  execFileSync(
    'wrangler',
    ['deploy', join(ROOT, entry), ...TARGET, '--dry-run', '--minify', '--outdir', outdir],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const name = entry.split('/').at(-1)?.replace(/\.ts$/, '.js') ?? ''
  return readFileSync(join(outdir, name), 'utf8')
}

export const gzipKibibytes = (code: string) => gzipSync(code).length / 1024
