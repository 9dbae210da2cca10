import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipKibibytes } from '../../src/cli/checks/bundle.ts'
import { type Defer, runCommand } from '../../src/cli/local/cleanup.ts'
import { check, countCalls, requestTo } from './calls.ts'
import { canPin } from './cores.ts'
import { GENERATOR, load } from './load.ts'
import { type Cell, type Counts, report, type Sample } from './report.ts'
import { type BenchRequest, ROWS } from './requests.ts'
import {
  bareTarget,
  peerTargets,
  recordingTarget,
  serviceTarget,
  type Target,
  upstreamWorker,
} from './targets.ts'
import { type Running, rest, run } from './workers.ts'

// Measures the service beside a bare Worker, and beside a peer: npm run bench -- --peer <folder>
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '16' },
    /** What the names of the rows have in them that are measured. */
    only: { type: 'string', default: '' },
    /** A folder with a targets.json (see targets.ts). */
    peer: { type: 'string' },
  },
})
const rounds = Number(options.rounds)
const effort = { connections: Number(options.connections), seconds: Number(options.seconds) }

/** One row's request to one target. */
interface Job extends Cell {
  running: Running
  request: BenchRequest
}

await runCommand(async (defer) => {
  const folder = mkdtempSync(join(tmpdir(), 'steward-bench-'))
  defer(() => rmSync(folder, { recursive: true }))
  await compare(folder, defer)
})

async function compare(folder: string, defer: Defer) {
  const upstream = await run(upstreamWorker(folder), join(folder, 'upstream'))
  defer(() => upstream.miniflare.dispose())
  const bare = bareTarget(folder, upstream.url)
  const service = serviceTarget(folder, upstream.url)
  const table = ROWS.filter(({ name }) => name.includes(options.only)).map((row) => ({
    row,
    cells: [] as Job[],
  }))
  for (const target of [
    bare,
    recordingTarget(folder, bare),
    service,
    ...(options.peer ? peerTargets(options.peer) : []),
  ]) {
    const asked = await seedAndCount(target, folder)
    const running = await run(target, join(folder, target.name))
    defer(() => running.miniflare.dispose())
    for (const { row, cells } of table) {
      const call = asked[row.name]
      if (call) cells.push({ target: target.name, running, ...call, samples: [] })
    }
  }

  for (const { cells } of table) for (const job of cells) await measure(job)
  for (let round = 1; round <= rounds; round++) {
    // One right after the other, in one order and then in the other: what slows the machine slows all.
    for (const { cells } of table)
      for (const job of round % 2 === 0 ? cells.toReversed() : cells) job.samples.push(await measure(job))
    console.error(`round ${round} of ${rounds} is over`)
  }
  console.log(`
${new Date().toISOString()} · ${cpus().length} × ${cpus()[0]?.model} · Node ${process.version}
${GENERATOR}${canPin ? ', on a core of its own' : ''} · no request is logged
${effort.connections} connections · medians of ${rounds} rounds of ${effort.seconds} s
The Worker: ${gzipKibibytes(service.bundle).toFixed(0)} KiB gzip, minified

${report(table)}`)
}

/** Fills a target's stores, and has each of its requests counted by a run that is not measured. */
async function seedAndCount(target: Target, folder: string) {
  const running = await run(target, join(folder, target.name), { counting: true })
  try {
    const asked: Record<string, { request: BenchRequest; counts: Counts }> = {}
    for (const [name, request] of Object.entries(await target.prepare(running)))
      if (name.includes(options.only))
        asked[name] = { request, counts: await countCalls(running, () => request) }
    return asked
  } finally {
    await running.miniflare.dispose()
  }
}

async function measure({ running, request }: Job): Promise<Sample> {
  await check(running, request)
  await rest(running)
  const before = running.processorTime()
  const result = await load({ ...requestTo(running, request), ...effort })
  await rest(running)
  const processorMs = (running.processorTime() - before) / result.requests
  return { ...result, requestsPerSecond: result.requests / result.seconds, processorMs }
}
