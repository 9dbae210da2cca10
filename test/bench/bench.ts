import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Bundle, bundled, gzipKibibytes } from '../../src/cli/bundle.ts'
import type { CallCounts } from '../support/call-counts.ts'
import { type Load, load } from './load.ts'
import { type Measured, report, type Sample } from './report.ts'
import { type BenchRequest, benchRoutes } from './routes.ts'
import { seedBare, seedService } from './seed.ts'
import { type Running, run } from './workers.ts'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '16' },
    only: { type: 'string', default: '' },
  },
})
const rounds = Number(options.rounds)
const effort = { connections: Number(options.connections), seconds: Number(options.seconds) }

const folder = mkdtempSync(join(tmpdir(), 'steward-bench-'))
const running: Running[] = []
try {
  await main()
} finally {
  for (const { miniflare } of running) await miniflare.dispose()
  rmSync(folder, { recursive: true })
}

async function main() {
  const bare = await start('bare', bundled('test/bench/bare.worker.ts', folder))
  await seedBare(bare)
  const { routes, counts } = await seedAndCount()
  const bundle = bundled('src/index.ts', folder)
  const service = await start('steward', bundle)

  const measured: Measured[] = routes.map((route, i) => ({ route, counts: counts[i], samples: [] }))
  for (const { route } of measured) await loadWorker(service, route)
  for (let round = 0; round < rounds; round++) {
    for (const { route, samples } of measured) {
      // One right after the other, now this one first and then that one: what slows the machine slows both.
      const floorBefore = round % 2 === 0 && (await loadWorker(bare, route.floor))
      const result = await loadWorker(service, route)
      samples.push({ result, floor: floorBefore || (await loadWorker(bare, route.floor)) })
    }
    console.error(`round ${round + 1} of ${rounds} is over`)
  }
  console.log(
    `\n${new Date().toISOString()} · ${cpus().length} × ${cpus()[0]?.model} · Node ${process.version}`,
  )
  console.log(`${effort.connections} connections · medians of ${rounds} rounds of ${effort.seconds} s`)
  console.log(`The Worker: ${gzipKibibytes(bundle).toFixed(0)} KiB gzip, minified\n`)
  console.log(report(measured))
}

async function loadWorker(worker: Running, request: BenchRequest): Promise<Sample> {
  const before = worker.processorTime()
  const result = await load({ ...requestTo(worker, request), ...effort })
  const processorMs = (worker.processorTime() - before) / result.requests
  return { ...result, requestsPerSecond: result.requests / result.seconds, processorMs }
}

async function start(name: string, bundle: Bundle): Promise<Running> {
  const worker = await run(name, bundle, join(folder, name))
  running.push(worker)
  return worker
}

/** Seeds the service's state, and has each request counted by a Worker that is not measured. */
async function seedAndCount() {
  const counting = await start('steward', bundled('test/bench/counting.worker.ts', folder))
  const routes = benchRoutes(await seedService(counting)).filter(({ name }) => name.includes(options.only))
  const counts: CallCounts[] = []
  for (const route of routes) counts.push(await countCalls(counting, route))
  running.pop()
  await counting.miniflare.dispose()
  return { routes, counts }
}

/** What one request costs in a warm isolate. */
async function countCalls(worker: Running, request: BenchRequest): Promise<CallCounts> {
  const { url, status, ...init } = requestTo(worker, request)
  await fetch(url, init)
  const answer = await fetch(url, init)
  if (answer.status !== status) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return JSON.parse(answer.headers.get('X-Calls') ?? '{}')
}

function requestTo({ url }: Running, { path, json, headers, status = 200 }: BenchRequest) {
  return {
    url: url + path,
    method: json ? 'POST' : 'GET',
    headers: { ...headers, ...(json !== undefined && { 'Content-Type': 'application/json' }) },
    body: json === undefined ? null : JSON.stringify(json),
    status,
  } satisfies Omit<Load, 'connections' | 'seconds'>
}
