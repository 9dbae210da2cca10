import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { Load, LoadResult } from './load.ts'

// Sends one request over and over, from a process of its own: node generator.ts '<Load as JSON>'. Node's HTTP client costs
// as much as the Worker that is measured, and so lifts every ratio towards 1: this one writes the same bytes again, and
// of an answer it reads the status and where it ends.
const HEAD_END = '\r\n\r\n'
const LAST_CHUNK = '0\r\n\r\n'

const work: Load = JSON.parse(process.argv[2] ?? '')
console.log(JSON.stringify(await run(work)))

async function run({ connections, seconds }: Load): Promise<LoadResult> {
  const latencies: number[] = []
  const start = performance.now()
  const end = start + seconds * 1000
  await Promise.all(Array.from({ length: connections }, () => keepSending(end, latencies)))
  const elapsed = (performance.now() - start) / 1000
  latencies.sort((left, right) => left - right)
  const percentile = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN
  return { requests: latencies.length, seconds: elapsed, p50: percentile(0.5), p99: percentile(0.99) }
}

/** One connection, on which a request follows the answer of the one before, until `end`. */
function keepSending(end: number, latencies: number[]): Promise<void> {
  const { hostname, port } = new URL(work.url)
  const bytes = requestBytes(work)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    let sent = performance.now()
    let received = ''
    socket.setEncoding('latin1')
    socket
      .once('error', reject)
      .once('close', () => reject(new Error(`${work.url}: the connection was closed`)))
    socket.once('connect', () => socket.write(bytes))
    socket.on('data', (text: string) => {
      received += text
      if (!isWhole(received)) return
      if (!received.startsWith(`HTTP/1.1 ${work.status} `)) return socket.destroy(new Error(received))
      received = ''
      const now = performance.now()
      latencies.push(now - sent)
      if (now >= end) return resolve(void socket.removeAllListeners('close').destroy())
      sent = now
      socket.write(bytes)
    })
  })
}

/** Whether an answer has arrived to its end (RFC 9112, section 6). */
function isWhole(received: string): boolean {
  const head = received.indexOf(HEAD_END)
  if (head < 0) return false
  const length = received.slice(0, head).match(/\r\ncontent-length: *(\d+)/i)?.[1]
  return length === undefined
    ? received.endsWith(LAST_CHUNK)
    : received.length >= head + HEAD_END.length + Number(length)
}

function requestBytes({ url, method, headers, body }: Load): string {
  const { host, pathname, search } = new URL(url)
  const fields = Object.entries({
    Host: host,
    ...headers,
    ...(body && { 'Content-Length': Buffer.byteLength(body) }),
  })
  const lines = [
    `${method} ${pathname}${search} HTTP/1.1`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ]
  return lines.join('\r\n') + HEAD_END + body
}
