import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildPages } from './pages.ts'
import type { LocalState } from './project.ts'
import { varArguments } from './settings.ts'
import { spawnWrangler } from './wrangler.ts'

const EXIT_WITH_PARENT = `${import.meta.dirname}/exit-with-parent.ts`

const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 5_000
const POLL_MS = 100

/** A running local service. */
export interface Service {
  url: string
  /** Resolves when it has ended, for whatever reason. */
  ended: Promise<unknown>
  stop: () => Promise<void>
}

/**
 * Builds the pages, starts `wrangler dev` and resolves once /health answers. Earlier output is shown only if it fails; from then on
 * each line goes to `onLine`: requests, errors, paths of mails. `settings` override wrangler.toml.
 */
export async function startService(
  { folder, secretsFile }: LocalState,
  port: number,
  onLine: (line: string) => void,
  settings: Record<string, string> = {},
): Promise<Service> {
  await buildPages()
  const output: string[] = []
  let hear = (line: string) => {
    output.push(line)
  }
  const url = `http://localhost:${port}`
  const child = spawnWrangler(
    [
      'dev',
      ...['--port', `${port}`],
      ...['--inspector-port', '0'],
      ...['--persist-to', folder],
      ...['--env-file', secretsFile],
      ...varArguments({ PUBLIC_URL: url, ...settings }),
      '--show-interactive-dev-session=false',
    ],
    { nodeArgs: ['--import', EXIT_WITH_PARENT], detached: true },
  )
  for (const input of [child.stdout, child.stderr])
    createInterface({ input }).on('line', (line) => hear(line))
  const ended = new Promise((resolve) => child.on('error', resolve).on('close', resolve))
  const service = { url, ended, stop: () => stopGroup(child.pid, ended) }
  try {
    await untilHealthy(service)
  } catch (error) {
    await service.stop()
    throw new Error(`The service did not start (${(error as Error).message}):\n${output.join('\n')}`)
  }
  hear = onLine
  return service
}

async function untilHealthy({ url, ended }: Service): Promise<void> {
  const signal = AbortSignal.timeout(START_TIMEOUT_MS)
  const gone = ended.then(() => 'gone' as const)
  while (!signal.aborted) {
    const answer = await Promise.race([gone, fetch(`${url}/health`, { signal }).catch(() => undefined)])
    if (answer === 'gone') throw new Error('wrangler dev ended')
    if (answer?.ok) return
    if (answer?.status === 500) throw new Error('GET /health answers 500')
    await sleep(POLL_MS)
  }
  throw new Error(`no answer for ${START_TIMEOUT_MS / 1000} s`)
}

/** Ends a process and its children: it leads a process group. */
async function stopGroup(leader: number | undefined, ended: Promise<unknown>): Promise<void> {
  if (leader === undefined) return
  signalGroup(leader, 'SIGTERM')
  await Promise.race([ended, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })])
  signalGroup(leader, 'SIGKILL')
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal)
  } catch {
    // Nobody is left in it.
  }
}
