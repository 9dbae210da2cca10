import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isInstalled, onLastCore } from './cores.ts'

/** One request that is sent over and over. */
export interface Load {
  url: string
  method: string
  headers: Record<string, string>
  body: string
  /** What each answer must have. */
  status: number
  connections: number
  seconds: number
}

export interface LoadResult {
  requests: number
  seconds: number
  /** Milliseconds. */
  p50: number
  p99: number
}

const run = promisify(execFile)

/** What sends the requests: wrk where it is installed, which costs least, or generator.ts. */
export const GENERATOR = isInstalled('wrk') ? 'wrk' : 'generator.ts'

/** Keeps `connections` requests on their way for so many seconds, from a process of its own. */
export const load = (work: Load): Promise<LoadResult> =>
  GENERATOR === 'wrk' ? loadByWrk(work) : loadByGenerator(work)

async function loadByGenerator(work: Load): Promise<LoadResult> {
  const [program = '', ...rest] = onLastCore([process.execPath, join(import.meta.dirname, 'generator.ts')])
  const { stdout } = await run(program, [...rest, JSON.stringify(work)])
  return JSON.parse(stdout)
}

async function loadByWrk(work: Load): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'steward-wrk-'))
  try {
    const script = join(folder, 'request.lua')
    writeFileSync(script, wrkScript(work))
    const size = ['--threads', '1', '--connections', `${work.connections}`, '--duration', `${work.seconds}s`]
    const [program = '', ...rest] = onLastCore([
      'wrk',
      ...size,
      '--timeout',
      '60s',
      '--script',
      script,
      work.url,
    ])
    const { stdout } = await run(program, rest)
    const [requests = 0, microseconds = 0, p50 = 0, p99 = 0, errors = 0] =
      stdout
        .match(/RESULT (.*)/)?.[1]
        ?.split(' ')
        .map(Number) ?? []
    if (!(requests > 0) || errors > 0) throw new Error(`${work.method} ${work.url}: ${stdout}`)
    return { requests, seconds: microseconds / 1e6, p50: p50 / 1000, p99: p99 / 1000 }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The request, and a last line of numbers, in wrk's own language (https://github.com/wg/wrk/blob/master/SCRIPTING). */
function wrkScript({ method, headers, body }: Load): string {
  const text = (value: string) => `[==[${value}]==]`
  return [
    `wrk.method = ${text(method)}`,
    ...Object.entries(headers).map(([name, value]) => `wrk.headers[ ${text(name)} ] = ${text(value)}`),
    ...(body ? [`wrk.body = ${text(body)}`] : []),
    'done = function(all, latency)',
    '  local e = all.errors',
    '  print(string.format("RESULT %d %d %d %d %d", all.requests, all.duration, latency:percentile(50),',
    '    latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))',
    'end',
  ].join('\n')
}
