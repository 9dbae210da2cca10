import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import type { Bundle } from '../../src/cli/bundle.ts'
import { TEST_SECRETS } from '../support/secrets.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const CONFIG = join(ROOT, 'wrangler.toml')

// Where there is no .dev.vars, wrangler takes declared secrets from the environment.
Object.assign(process.env, TEST_SECRETS)

/** A Worker that runs, and where it listens. */
export interface Running {
  miniflare: Miniflare
  url: string
  /** Milliseconds of processor time it has used up to now, all of D1, KV and the queues in it; NaN where Linux is not. */
  processorTime(): number
}

/** Runs a bundle with the bindings of wrangler.toml, its state in `folder`, on a socket of its own: no proxy before it. */
export async function run(name: string, { code, wasm }: Bundle, folder: string): Promise<Running> {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(CONFIG)
  const options = convertV4MiniflareOptions({
    ...workerOptions,
    name,
    modules: [
      { type: 'ESModule', path: 'worker.js', contents: code },
      ...wasm.map(({ name, contents }) => ({ type: 'CompiledWasm' as const, path: name, contents })),
    ],
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  })
  const before = workerdProcesses()
  const miniflare = new Miniflare({
    ...options,
    cf: false,
    log: new Log(LogLevel.WARN),
    // The Worker writes a line for each request.
    handleStructuredLogs: () => {},
    resourcePersistencePath: folder,
  })
  await miniflare.ready
  const url = await miniflare.unsafeGetDirectURL(name)
  const process = workerdProcesses().find((id) => !before.includes(id))
  return { miniflare, url: url.origin, processorTime: () => processorTime(process) }
}

/** The kernel counts processor time in hundredths of a second (proc(5), sysconf(_SC_CLK_TCK)). */
const TICK_MS = 10

function processorTime(id: string | undefined): number {
  // The fields after the command's name in brackets; user time is the 14th of all, system time the 15th.
  const fields = id === undefined ? [] : readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]?.split(' ')
  return TICK_MS * (Number(fields?.[11]) + Number(fields?.[12]))
}

/** The ids of the workerd processes that this one started. */
function workerdProcesses(): string[] {
  const children = `/proc/${process.pid}/task/${process.pid}/children`
  if (!existsSync(children)) return []
  const ids = readFileSync(children, 'utf8').trim().split(' ')
  return ids.filter((id) => id && readFileSync(`/proc/${id}/comm`, 'utf8').trim() === 'workerd')
}
