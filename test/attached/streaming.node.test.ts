import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type RunningSteward, runningSteward } from '../support/attached/running-steward.ts'

const MIB = 2 ** 20
const BYTES = 128 * MIB

/** Less than what would be held if bodies were: growth below it is garbage that V8 has not collected yet. */
const FLAT_MIB = 48

let steward: RunningSteward

beforeAll(async () => {
  steward = await runningSteward()
}, 60_000)
afterAll(() => steward.stop())

const CALLERS = [
  { name: 'the customer', headers: () => steward.reader },
  { name: 'an admin for it', headers: () => steward.asReader },
]

/** Runs work, and returns by how many MiB the runtime grew at most meanwhile. */
async function growthDuring(work: () => Promise<unknown>): Promise<number> {
  const before = steward.residentMemory()
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, steward.residentMemory())
  }, 10)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  // Nobody tells where Linux is not.
  if (process.env.SHOW_MEMORY)
    console.info(`grew by ${(most - before).toFixed(1)} MiB from ${before.toFixed(1)}`)
  return Number.isNaN(before) ? 0 : most - before
}

/** Uploads so many bytes. Returns how many the API got. */
async function upload(
  bytes: number,
  headers: Record<string, string>,
  isOfKnownLength: boolean,
): Promise<number> {
  const call = request(`${steward.url}/v1/swallowed`, {
    method: 'POST',
    headers: { ...headers, ...(isOfKnownLength && { 'Content-Length': bytes }) },
  })
  const answered = once(call, 'response')
  const chunk = Buffer.alloc(64 * 1024, 'x')
  for (let sent = 0; sent < bytes; sent += chunk.length) if (!call.write(chunk)) await once(call, 'drain')
  call.end()
  const [response] = await answered
  let text = ''
  for await (const part of response) text += part
  return JSON.parse(text).bytes
}

async function download(bytes: number, headers: Record<string, string>): Promise<number> {
  const response = await fetch(`${steward.url}/v1/large?bytes=${bytes}`, { headers })
  let got = 0
  for await (const chunk of response.body ?? []) got += chunk.length
  return got
}

describe.each(CALLERS)('128 MiB by $name', ({ headers }) => {
  test.each([{ isOfKnownLength: true }, { isOfKnownLength: false }])(
    'up, with a length: $isOfKnownLength, are not held',
    async ({ isOfKnownLength }) => {
      await upload(BYTES, headers(), isOfKnownLength)
      const growth = await growthDuring(async () => {
        expect(await upload(BYTES, headers(), isOfKnownLength)).toBe(BYTES)
      })
      expect(growth < FLAT_MIB, `it grew by ${growth} MiB`).toBe(true)
    },
  )

  test('down are not held', async () => {
    await download(BYTES, headers())
    const growth = await growthDuring(async () => {
      expect(await download(BYTES, headers())).toBe(BYTES)
    })
    expect(growth < FLAT_MIB, `it grew by ${growth} MiB`).toBe(true)
  })
})

/** Begins a call and leaves it, as a phone does that loses its network: once `isThen` says so of what came. */
async function leave(method: string, path: string, isThen: (got: string) => boolean): Promise<string> {
  const name = randomUUID()
  const { hostname, port } = new URL(steward.url)
  const socket = connect(Number(port), hostname)
  const headers = Object.entries({ ...steward.asReader, 'X-Seen': name }).map(
    ([key, value]) => `${key}: ${value}\r\n`,
  )
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: x\r\n${headers.join('')}\r\n`)
  let got = ''
  socket.on('data', (chunk) => {
    got += chunk
  })
  await vi.waitUntil(async () => isThen(got) && (await seen(name)).requests === 1)
  socket.resetAndDestroy()
  return name
}

const seen = async (name: string) =>
  (await (await fetch(`${steward.upstream}/seen?name=${name}`)).json()) as {
    requests: number
    closed: boolean
  }

/** The stages and outcomes of the newest act on a path, once it is over. */
const recordsOf = (path: string) =>
  vi.waitUntil(
    async () => {
      const entries = (await steward.trail()).filter((entry) => entry.path === path)
      const stages = entries.map(({ stage, status, result }) => ({ stage, status, result }))
      return stages.some(({ stage }) => stage === 'completed') ? stages : undefined
    },
    { timeout: 20_000, interval: 100 },
  )

describe('a caller who leaves', () => {
  test('before the answer to a read ends the call, and the record says so', async () => {
    const name = await leave('GET', '/v1/left/silent', () => true)
    await vi.waitUntil(async () => (await seen(name)).closed)
    expect(await recordsOf('/v1/left/silent')).toEqual([
      { stage: 'completed', status: 499, result: 'client_error' },
    ])
    // Where nobody waits, nobody asks whether the API is there.
    expect(steward.unusedConnections()).toBe(0)
  })

  test('in the middle of an answer ends the call, and the record says so', async () => {
    const name = await leave('GET', '/v1/left/ticking', (got) => got.includes('data: 1'))
    await vi.waitUntil(async () => (await seen(name)).closed)
    expect(await recordsOf('/v1/left/ticking')).toEqual([
      { stage: 'received', status: null, result: null },
      { stage: 'completed', status: 200, result: 'client_error' },
    ])
  })

  test('before the answer to a change does not end it: it runs to its record', async () => {
    const name = await leave('DELETE', '/v1/left/late', () => true)
    expect(await recordsOf('/v1/left/late')).toEqual([
      { stage: 'received', status: null, result: null },
      { stage: 'completed', status: 200, result: 'success' },
    ])
    expect(await seen(name)).toEqual({ requests: 1, closed: false })
  })
})

test('an upload that goes on is not too slow, however long it takes', async () => {
  const call = request(`${steward.url}/v1/swallowed`, { method: 'POST', headers: steward.reader })
  const answered = once(call, 'response')
  // Longer in all than the two seconds that the API may be silent.
  for (let part = 0; part < 6; part++) {
    call.write('part')
    await sleep(500)
  }
  call.end()
  const [response] = await answered
  expect(response.statusCode).toBe(200)
  response.resume()
})
