import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Bundle, bundled } from '../../../src/cli/checks/bundle.ts'
import { type Defer, runCommand } from '../../../src/cli/local/cleanup.ts'
import { check, countCalls } from '../calls.ts'
import { type Counts, median } from '../report.ts'
import { type Running, rest, run, serviceOptions } from '../workers.ts'
import { GROWTH_ROWS } from './requests.ts'
import { type World, worldOf } from './world.ts'

// What requests cost with few and with many contacts and entries in the database: npm run bench:growth
const { values: options } = parseArgs({
  options: {
    small: { type: 'string', default: '1000' },
    large: { type: 'string', default: '1000000' },
    /** With none, requests are counted and not measured. */
    rounds: { type: 'string', default: '3' },
    requests: { type: 'string', default: '300' },
    /** What the names of the rows have in them that are measured. */
    only: { type: 'string', default: '' },
  },
})
const CONNECTIONS = 16
const rows = Object.entries(GROWTH_ROWS).filter(([name]) => name.includes(options.only))

/** A Worker at one size. */
interface Grown {
  running: Running
  world: World
  counts: Map<string, Counts>
  processorMs: Map<string, number[]>
}

/** No two requests have the same number. */
let made = 0

await runCommand(async (defer) => {
  const folder = mkdtempSync(join(tmpdir(), 'steward-growth-'))
  defer(() => rmSync(folder, { recursive: true }))
  const bundle = bundled('src/index.ts', folder)
  const sizes = [Number(options.small), Number(options.large)]
  const grown: Grown[] = []
  for (const size of sizes) grown.push(await growTo(size, bundle, join(folder, `${size}`), defer))
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const [name] of rows) for (const at of grown) await measure(at, name)
    console.error(`round ${round} of ${options.rounds} is over`)
  }
  console.log(`
${new Date().toISOString()} · ${cpus().length} × ${cpus()[0]?.model} · Node ${process.version}
medians of ${options.rounds} rounds of ${options.requests} requests · ${sizes.join(' and ')} contacts and entries

${report(grown)}`)
})

/** Fills the stores of a Worker, has each request counted, and leaves the Worker running without the counter. */
async function growTo(size: number, bundle: Bundle, state: string, defer: Defer): Promise<Grown> {
  const service = { name: 'steward', bundle, options: serviceOptions() }
  const counting = await run(service, state, { counting: true })
  defer(() => counting.miniflare.dispose())
  const counts = new Map<string, Counts>()
  const start = performance.now()
  const world = await worldOf(counting, size)
  console.error(`${size} are in after ${((performance.now() - start) / 1000).toFixed(0)} s`)
  for (const [name, requestOf] of rows)
    counts.set(name, await countCalls(counting, () => requestOf(world, made++)))
  await counting.miniflare.dispose()
  const running = await run(service, state)
  defer(() => running.miniflare.dispose())
  return { running, world, counts, processorMs: new Map(rows.map(([name]) => [name, []])) }
}

/** Measures the processor time of a row's requests at one size. */
async function measure({ running, world, processorMs }: Grown, name: string): Promise<void> {
  const next = () => GROWTH_ROWS[name]?.(world, made++) ?? { path: '/health' }
  for (let i = 0; i < CONNECTIONS; i++) await check(running, next())
  await rest(running)
  const before = running.processorTime()
  let left = Number(options.requests)
  const connection = async () => {
    while (left-- > 0) await check(running, next())
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, connection))
  await rest(running)
  processorMs.get(name)?.push((running.processorTime() - before) / Number(options.requests))
}

/** A Markdown table: what each request costs at both sizes, and how many times as much at the second. */
function report(grown: Grown[]): string {
  const both = (of: (at: Grown) => number, digits: number) => {
    const values = grown.map(of)
    const [small = Number.NaN, large = Number.NaN] = values
    return [...values.map((value) => value.toFixed(digits)), (large / small).toFixed(2)]
  }
  const head = [
    'request',
    'D1',
    'D1',
    'ratio',
    'rows read',
    'rows read',
    'ratio',
    'CPU ms',
    'CPU ms',
    'ratio',
  ]
  const lines = rows.map(([name]) => [
    name,
    ...both(({ counts }) => counts.get(name)?.d1 ?? Number.NaN, 0),
    ...both(({ counts }) => counts.get(name)?.rowsRead ?? Number.NaN, 0),
    ...both(({ processorMs }) => median(processorMs.get(name) ?? []), 2),
  ])
  return [head, head.map(() => '---'), ...lines].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
