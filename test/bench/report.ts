import type { LoadResult } from './load.ts'
import type { BenchRow } from './requests.ts'

/** What one load of one Worker gave. */
export interface Sample extends LoadResult {
  requestsPerSecond: number
  /** Milliseconds of processor time a request, in the Worker's process, with what it set off in the background. */
  processorMs: number
}

/** What one request asks of the components. */
export interface Counts {
  d1: number
  kv: number
  queue: number
  rowsRead: number
  rowsWritten: number
}

/** What is known of one target in one row. */
export interface Cell {
  target: string
  counts: Counts
  /** One of each round. */
  samples: Sample[]
}

/** A row, and of each target that can be asked it, first of which is the bare Worker. */
export interface Measured {
  row: BenchRow
  cells: Cell[]
}

const HEAD = [
  ['request', 'target', 'req/s', 'p50 ms', 'p99 ms', 'ratio', 'goal', 'Steward to it'],
  ['CPU ms', 'CPU ratio', 'D1', 'KV', 'queue', 'rows read'],
].flat()

/**
 * A Markdown table of medians over the rounds. `ratio`: requests per second as a share of the bare Worker's, in the same
 * round. `CPU ratio`: the same of requests per second of processor time, which holds on a machine that is busy with other
 * things too. `Steward to it`: Steward's requests per second as a multiple of this target's.
 */
export function report(measured: Measured[]): string {
  const rows = measured.flatMap(({ row, cells }) => {
    const bare = cells.find(({ target }) => target === 'bare')?.samples ?? []
    const steward = cells.find(({ target }) => target === 'steward')?.samples ?? []
    return cells.map(({ target, counts, samples }) => {
      const of = (value: (sample: Sample, round: number) => number, digits: number) =>
        median(samples.map(value)).toFixed(digits)
      const perSecond = (of: Sample[], round: number) => of[round]?.requestsPerSecond ?? Number.NaN
      return [
        row.name,
        target,
        of((sample) => sample.requestsPerSecond, 0),
        of((sample) => sample.p50, 1),
        of((sample) => sample.p99, 1),
        of((sample, round) => sample.requestsPerSecond / perSecond(bare, round), 2),
        target === 'steward' ? `≥ ${row.goal.toFixed(2)}` : '',
        of((sample, round) => perSecond(steward, round) / sample.requestsPerSecond, 2),
        of((sample) => sample.processorMs, 2),
        of((sample, round) => (bare[round]?.processorMs ?? Number.NaN) / sample.processorMs, 2),
        ...[counts.d1, counts.kv, counts.queue, counts.rowsRead],
      ]
    })
  })
  return [HEAD, HEAD.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

export function median(values: number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}
