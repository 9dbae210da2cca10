import type { CallCounts } from '../support/call-counts.ts'
import type { LoadResult } from './load.ts'
import type { BenchRoute } from './routes.ts'

/** What one load of one Worker gave. */
export interface Sample extends LoadResult {
  requestsPerSecond: number
  /** Milliseconds of processor time a request, in the Worker's process. */
  processorMs: number
}

/** All that is known of a route. */
export interface Measured {
  route: BenchRoute
  counts: CallCounts | undefined
  samples: { result: Sample; floor: Sample }[]
}

const HEAD = [
  ['request', 'req/s', 'p50 ms', 'p99 ms', 'ratio', 'to reach', 'CPU ms', 'CPU ratio'],
  ['D1', 'KV', 'queue', 'rows read'],
].flat()

/**
 * A Markdown table of medians. `ratio`: requests per second as a share of the bare Worker's. `CPU ratio`: the same of
 * requests per second of processor time, which holds on a machine that is busy with other things too.
 */
export function report(measured: Measured[]): string {
  const rows = measured.map(({ route, counts, samples }) => {
    const of = (value: (sample: Measured['samples'][number]) => number, digits: number) =>
      median(samples.map(value)).toFixed(digits)
    return [
      route.name,
      of(({ result }) => result.requestsPerSecond, 0),
      of(({ result }) => result.p50, 1),
      of(({ result }) => result.p99, 1),
      of(({ result, floor }) => result.requestsPerSecond / floor.requestsPerSecond, 2),
      `≥ ${route.target.toFixed(2)}`,
      of(({ result }) => result.processorMs, 2),
      of(({ result, floor }) => floor.processorMs / result.processorMs, 2),
      counts?.d1,
      counts?.kv,
      counts?.queue,
      counts?.rowsRead,
    ]
  })
  return [HEAD, HEAD.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function median(values: number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}
