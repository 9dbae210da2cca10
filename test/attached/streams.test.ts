import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { attachedPrefixes } from '../../src/attached/attached.routes.ts'
import { customerApiKeys, customers } from '../../src/db/schema/customers.ts'
import { adminApiKeys } from '../../src/db/schema/staff.ts'
import { attachedService, seen } from '../support/attached/attached.ts'
import { failingDatabase } from '../support/bindings/bindings.ts'
import { countedBindings } from '../support/bindings/call-counts.ts'
import { granted, setPolicy } from '../support/calls/grants.ts'
import { type Caller, customerWithCallers, loggedIn } from '../support/calls/http.ts'
import { database } from '../support/factories.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>
let now: number

beforeEach(async () => {
  customer = await customerWithCallers()
  now = Date.now()
})

/** Begins a call, and returns its answer as it comes, with what the service does after it still to be waited for. */
async function begun(
  path: string,
  { method = 'GET', as = customer.impersonated, bindings = {} }: Begun = {},
) {
  const service = attachedService(bindings)
  const name = crypto.randomUUID()
  const context = createExecutionContext()
  const app = createApp(
    () => now,
    () => undefined,
    attachedPrefixes(service.bindings),
  )
  let response: Response | undefined
  await as(path, {
    method,
    headers: { 'X-Seen': name },
    isDocumented: false,
    via: async (request) => {
      response = await app.fetch(request, service.bindings, context)
      return new Response()
    },
  })
  const body: ReadableStreamDefaultReader<Uint8Array> | undefined = response?.body?.getReader()
  if (!response || !body) throw new Error('an answer without a body')
  return { ...service, name, response, body, settled: () => waitOnExecutionContext(context) }
}

interface Begun {
  method?: string
  as?: Caller
  bindings?: Record<string, unknown>
}

const texts = new TextDecoder()

/** Reads a body to its end. Returns its size. */
async function readAll(body: ReadableStreamDefaultReader<Uint8Array>): Promise<number> {
  for (let size = 0; ; ) {
    const { done, value } = await body.read()
    if (done) return size
    size += value.length
  }
}

describe('an answer that goes on', () => {
  test.each([{ type: 'text/event-stream' }, { type: 'application/x-ndjson' }])(
    'of $type comes as it is said, and ends with its reader, which the record says',
    async ({ type }) => {
      const { events, name, body, settled } = await begun(`/v1/ticking?type=${type}`)
      expect(texts.decode((await body.read()).value)).toContain('data: 0')
      expect(events).toMatchObject([{ stage: 'received' }])
      expect(texts.decode((await body.read()).value)).toContain('data: 1')
      await body.cancel()
      await seen(name, ({ closed }) => closed)
      await settled()
      expect(events).toMatchObject([
        { stage: 'received' },
        { stage: 'completed', outcome: { status: 200, result: 'client_error' } },
      ])
    },
  )

  test('and breaks off is a broken transfer, which the record says', async () => {
    const { events, response, body, settled } = await begun('/v1/then-breaks')
    expect(response.status).toBe(200)
    await expect(readAll(body)).rejects.toThrow()
    await settled()
    expect(events).toMatchObject([
      { stage: 'received' },
      { stage: 'completed', outcome: { status: 200, result: 'error' } },
    ])
  })

  test('of a known length says so, and its end is on record', async () => {
    const { events, response, body, settled } = await begun('/v1/large?bytes=1000000')
    expect(response.headers.get('Content-Length')).toBe('1000000')
    expect(await readAll(body)).toBe(1_000_000)
    await settled()
    expect(events).toMatchObject([
      { stage: 'received' },
      { stage: 'completed', outcome: { result: 'success' } },
    ])
  })

  test('of a change: the change is on record before', async () => {
    const { events, body, settled } = await begun('/v1/ticking', { method: 'POST' })
    expect(events).toMatchObject([
      { stage: 'received' },
      { stage: 'completed', outcome: { result: 'success' } },
    ])
    await body.cancel()
    await settled()
  })
})

interface End {
  name: string
  /** The caller whose right ends, and what ends it. */
  prepared: () => Promise<{ as: Caller; end: () => PromiseLike<unknown> }>
}

/** An end of what an admin's key may do. */
const ofKey = (end: () => PromiseLike<unknown>) => async () => ({ as: customer.impersonated, end })

const ENDS: End[] = [
  {
    name: 'the admin’s key was revoked',
    prepared: ofKey(() => database().update(adminApiKeys).set({ revokedAt: 1 })),
  },
  {
    name: 'the customer was suspended',
    prepared: ofKey(() => database().update(customers).set({ status: 'inactive' })),
  },
  { name: 'the customer closed the access', prepared: ofKey(() => setPolicy(customer.uid, 'closed')) },
  {
    name: 'the access grant was ended',
    prepared: async () => {
      const { call: staff } = await loggedIn()
      const { call: as, grant } = await granted(staff, customer.uid)
      return { as, end: () => staff(`/admin/access_grants/${grant.id}/end`, { method: 'POST' }) }
    },
  },
  {
    name: 'all acting for customers was stopped',
    prepared: ofKey(async () => {
      const { call: staff } = await loggedIn()
      return staff('/admin/impersonation/stop', { body: { reason: 'A key was published' } })
    }),
  },
]

describe('a stream asks for its authority again', () => {
  test.each(ENDS)('and ends where $name, which the record says', async ({ prepared }) => {
    const { as, end } = await prepared()
    const { events, name, body, settled } = await begun('/v1/ticking', { as })
    await body.read()
    await end()
    now += 10_000
    await expect(body.read()).rejects.toThrow()
    await seen(name, ({ closed }) => closed)
    await settled()
    expect(events).toMatchObject([
      { stage: 'received' },
      { stage: 'completed', outcome: { status: 200, result: 'refused' } },
    ])
  })

  test.each([{ method: 'GET' }, { method: 'POST' }])(
    'where the customer itself made the $method, with a key that was revoked',
    async ({ method }) => {
      const { name, body, settled } = await begun('/v1/ticking', { method, as: customer.own })
      await body.read()
      await database().update(customerApiKeys).set({ revokedAt: 1 })
      now += 10_000
      await expect(body.read()).rejects.toThrow()
      await seen(name, ({ closed }) => closed)
      await settled()
    },
  )

  test('where its length is known', async () => {
    const { events, body, settled } = await begun('/v1/large?bytes=10000000')
    await body.read()
    await database().update(adminApiKeys).set({ revokedAt: 1 })
    now += 10_000
    await expect(readAll(body)).rejects.toThrow()
    await settled()
    expect(events).toMatchObject([{ stage: 'received' }, { outcome: { result: 'refused' } }])
  })

  test('and ends where that cannot be asked', async () => {
    let isDown = false
    const down = failingDatabase()
    const DB = new Proxy(env.DB, { get: (_, name) => Reflect.get(isDown ? down : env.DB, name) })
    const { events, body, settled } = await begun('/v1/ticking', { bindings: { DB } })
    await body.read()
    isDown = true
    now += 10_000
    await expect(body.read()).rejects.toThrow()
    await settled()
    expect(events).toMatchObject([{ stage: 'received' }, { outcome: { result: 'error' } }])
  })

  test('once in ten seconds, and not more often', async () => {
    const { bindings, counts } = countedBindings(env)
    const { body, settled } = await begun('/v1/ticking', { as: customer.own, bindings: { DB: bindings.DB } })
    for (const { passed, d1 } of [
      { passed: 0, d1: 1 },
      { passed: 9_999, d1: 1 },
      { passed: 1, d1: 2 },
      { passed: 9_999, d1: 2 },
      { passed: 60_000, d1: 3 },
    ]) {
      now += passed
      expect.soft((await body.read()).done).toBe(false)
      expect.soft(counts.d1).toBe(d1)
    }
    await body.cancel()
    await settled()
  })
})
