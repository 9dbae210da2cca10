import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4WorkerOptionsShape } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { once } from '../../src/base/once.ts'
import type { Bundle } from '../../src/cli/checks/bundle.ts'
import { TEST_SECRETS } from '../support/secrets.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const CONFIG = join(ROOT, 'wrangler.toml')

// Where there is no .dev.vars, wrangler takes declared secrets from the environment.
Object.assign(process.env, TEST_SECRETS)

/** A Worker to run. */
export interface Runnable {
  name: string
  bundle: Bundle
  /** Its bindings. */
  options: V4WorkerOptionsShape
}

/** A Worker that runs, and where it listens. */
export interface Running {
  miniflare: Miniflare
  url: string
  /** Milliseconds of processor time it has used up to now, all of D1, KV and the queues in it; NaN where Linux is not. */
  processorTime(): number
  /** MiB of memory that its process holds, all of D1, KV and the queues in it; NaN where Linux is not. */
  residentMemory(): number
}

/**
 * The options of wrangler.toml, but for the assets: Miniflare answers for a Worker that has some by two Workers of its own
 * before it, which cost more than the bare Worker does.
 */
export const serviceOptions = once((): V4WorkerOptionsShape => {
  const { assets, ...options } = unstable_getMiniflareWorkerOptions(CONFIG).workerOptions
  return options
})

/** The compatibility date and flags of wrangler.toml. */
export function compatibility(): V4WorkerOptionsShape {
  const { compatibilityDate, compatibilityFlags } = serviceOptions()
  return { compatibilityDate, compatibilityFlags }
}

/**
 * Runs a Worker, its state in `folder`, on a socket of its own: no proxy before it. What it logs is made and not written,
 * for writing it costs the process that reads it, which is no part of what is measured. `counting` has its calls counted
 * (see counting.worker.js). With an `inspectorPort` its isolates can be looked into there.
 */
export async function run(
  worker: Runnable,
  folder: string,
  { counting = false, inspectorPort }: { counting?: boolean; inspectorPort?: number } = {},
): Promise<Running> {
  const { name, bundle } = worker
  const counter = readFileSync(join(import.meta.dirname, 'counting.worker.js'), 'utf8')
  const options = convertV4MiniflareOptions({
    ...worker.options,
    name,
    modules: [
      ...(counting ? [{ type: 'ESModule' as const, path: 'counting.js', contents: counter }] : []),
      { type: 'ESModule', path: 'worker.js', contents: `console.log = () => {}\n${bundle.code}` },
      ...bundle.wasm.map(({ name, contents }) => ({ type: 'CompiledWasm' as const, path: name, contents })),
    ],
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  })
  const before = workerdProcesses()
  const log = new Log(LogLevel.WARN)
  const inspector = inspectorPort === undefined ? {} : { inspectorPort }
  const miniflare = new Miniflare({
    ...options,
    ...inspector,
    cf: false,
    log,
    resourcePersistencePath: folder,
  })
  await miniflare.ready
  const url = await miniflare.unsafeGetDirectURL(name)
  const process = workerdProcesses().find((id) => !before.includes(id))
  return {
    miniflare,
    url: url.origin,
    processorTime: () => processorTime(process),
    residentMemory: () => residentMemory(process),
  }
}

const REST_MS = 200
const MAX_RESTS = 50

/** Waits until a Worker rests: what its requests set off, a queue's consumer say, costs them and not the next to be measured. */
export async function rest({ processorTime }: Running): Promise<void> {
  let before = processorTime()
  for (let i = 0; i < MAX_RESTS; i++) {
    await sleep(REST_MS)
    const after = processorTime()
    if (Object.is(before, after)) return
    before = after
  }
}

/** The kernel counts processor time in hundredths of a second (proc(5), sysconf(_SC_CLK_TCK)). */
const TICK_MS = 10

function processorTime(id: string | undefined): number {
  // The fields after the command's name in brackets; user time is the 14th of all, system time the 15th.
  const fields = id === undefined ? [] : readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]?.split(' ')
  return TICK_MS * (Number(fields?.[11]) + Number(fields?.[12]))
}

function residentMemory(id: string | undefined): number {
  const status = id === undefined ? '' : readFileSync(`/proc/${id}/status`, 'utf8')
  return Number(status.match(/^VmRSS:\s+(\d+) kB$/m)?.[1] ?? Number.NaN) / 1024
}

/** The ids of the workerd processes that this one started. */
function workerdProcesses(): string[] {
  const children = `/proc/${process.pid}/task/${process.pid}/children`
  if (!existsSync(children)) return []
  const ids = readFileSync(children, 'utf8').trim().split(' ')
  return ids.filter((id) => id && readFileSync(`/proc/${id}/comm`, 'utf8').trim() === 'workerd')
}
