import { Agent, request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { parentPort, Worker, workerData } from 'node:worker_threads'

/** One request that is sent over and over. */
export interface Load {
  url: string
  method: string
  headers: Record<string, string>
  body: string | null
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

/** Keeps `connections` requests on their way for so many seconds, from a thread of its own. */
export function load(work: Load): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    new Worker(import.meta.filename, { workerData: work }).once('message', resolve).once('error', reject)
  })
}

async function run(work: Load): Promise<LoadResult> {
  const { connections, seconds } = work
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const latencies: number[] = []
  const start = performance.now()
  const end = start + seconds * 1000
  const connection = async () => {
    while (performance.now() < end) {
      const sent = performance.now()
      await send(work, agent)
      latencies.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: connections }, connection))
  const elapsed = (performance.now() - start) / 1000
  agent.destroy()
  latencies.sort((left, right) => left - right)
  const percentile = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN
  return { requests: latencies.length, seconds: elapsed, p50: percentile(0.5), p99: percentile(0.99) }
}

function send({ url, method, headers, body, status }: Load, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent }, (answer) => {
      answer
        .resume()
        .once('error', reject)
        .once('end', () => {
          if (answer.statusCode === status) resolve()
          else reject(new Error(`${method} ${url} answered ${answer.statusCode}, not ${status}`))
        })
    })
    sent.once('error', reject).end(body)
  })
}

if (parentPort) parentPort.postMessage(await run(workerData as Load))
