import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { customers } from '../../../src/db/schema/customers.ts'
import { lists } from '../../../src/db/schema/lists.ts'
import { adminApiKeys, admins } from '../../../src/db/schema/staff.ts'
import worker from '../../../src/index.ts'
import { failing, fetchWith } from '../../support/bindings/bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import {
  type Answer,
  type Caller,
  customerWithCallers,
  keyCaller,
  loggedIn,
} from '../../support/calls/http.ts'
import { database, type makeAdminKey } from '../../support/factories.ts'
import { listenedQueue } from '../../support/trail/audit.ts'
import { deliver, deliveriesOf, makeEvents } from '../../support/trail/audit-queue.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>
let staff: Awaited<ReturnType<typeof loggedIn>>
let queue: ReturnType<typeof listenedQueue>

beforeEach(async () => {
  customer = await customerWithCallers()
  staff = await loggedIn()
  queue = listenedQueue()
})

/** Calls on a queue that the test listens to, unless another is given. */
const listened =
  (caller: Caller, bindings: Partial<Cloudflare.Env> = queue.bindings): Caller =>
  (path, options) =>
    caller(path, { via: (request) => fetchWith(bindings, request), ...options })

const withKey = (input: Parameters<typeof makeAdminKey>[1]) => keyCaller(customer.admin, input)

describe('reading customers or the trail on the admin surface is an act', () => {
  const reads: { name: string; path: () => string; scope: 'customers:manage' | 'audit:read' }[] = [
    { name: 'the customers', path: () => '/admin/customers', scope: 'customers:manage' },
    { name: 'a search of customers', path: () => '/admin/customers?search=cus', scope: 'customers:manage' },
    { name: 'a customer', path: () => `/admin/customers/${customer.uid}`, scope: 'customers:manage' },
    { name: 'the trail', path: () => '/admin/audit', scope: 'audit:read' },
    { name: 'an act', path: () => '/admin/audit/aud_0000000000000000000001', scope: 'audit:read' },
  ]

  beforeEach(() => deliver(deliveriesOf(makeEvents(1))))

  test.each(reads)('$name, by a person', async ({ path }) => {
    const answer = await listened(staff.call)(path())
    expect(answer.status).toBe(200)
    expect(queue.events).toMatchObject([
      {
        id: answer.headers.get('X-Audit-Id'),
        stage: 'completed',
        actor: { admin_id: staff.adminId, api_key_id: null },
        outcome: { status: 200, result: 'success' },
      },
    ])
  })

  test.each(reads)('$name, with a key', async ({ path, scope }) => {
    const answer = await listened(await withKey({ scopes: [scope] }))(path(), {
      headers: { 'X-ADMIN-REASON': 'Ticket 4711' },
    })
    expect(answer.status).toBe(200)
    expect(queue.events).toMatchObject([
      {
        id: answer.headers.get('X-Audit-Id'),
        actor: { admin_id: customer.admin.adminId, api_key_id: expect.stringMatching(/^key_/) },
        request: { reason: 'Ticket 4711' },
        outcome: { status: 200 },
      },
    ])
  })

  test.each(reads)('$name does not leave where the record cannot be kept', async ({ path }) => {
    expectLogged('audit_unavailable')
    const answer = await listened(staff.call, { AUDIT_QUEUE: failing(env.AUDIT_QUEUE, 'send') })(path())
    expect(answer).toMatchObject({ status: 503, json: { code: 'audit_unavailable' } })
    expect(answer.text).not.toContain('example.com')
    expect(answer.headers.has('X-Audit-Id'), 'there is no such record').toBe(false)
  })

  test('one that is not found is on record too, with what was asked for', async () => {
    const answer = await listened(staff.call)('/admin/customers/zzzzzzzzzzzzz')
    expect(answer.status).toBe(404)
    expect(queue.events).toMatchObject([
      {
        id: answer.headers.get('X-Audit-Id'),
        customer_uid: 'zzzzzzzzzzzzz',
        target: { type: 'customer', id: 'zzzzzzzzzzzzz' },
        outcome: { status: 404, result: 'client_error' },
      },
    ])
  })

  test('reads of staff and keys are none', async () => {
    for (const path of ['/admin', '/admin/list', '/admin/clients', '/admin/api_keys', '/admin/sessions']) {
      const answer = await listened(staff.call)(path)
      expect.soft(answer.headers.has('X-Audit-Id'), path).toBe(false)
    }
    expect(queue.events).toEqual([])
  })
})

describe('an answer names no record where nobody is known to have asked', () => {
  const gone = () =>
    database().update(adminApiKeys).set({ revokedAt: 1 }).where(eq(adminApiKeys.id, customer.adminKey.id))
  const nobody = { headers: { Authorization: 'Bearer stw_session_unknown' } }

  test.each<{ name: string; ask: () => Promise<Answer> }>([
    { name: 'a read for a customer', ask: () => listened(customer.impersonated)('/lists') },
    { name: 'a change for a customer', ask: () => listened(customer.impersonated)('/lists', { body: {} }) },
    { name: 'a stream', ask: () => listened(customer.impersonated)('/contacts/export?format=csv') },
    { name: 'a read by staff', ask: () => listened(staff.call)('/admin/customers', nobody) },
    {
      name: 'a change by staff',
      ask: () => listened(staff.call)('/admin/logout', { method: 'POST', ...nobody }),
    },
  ])('$name', async ({ ask }) => {
    await gone()
    const answer = await ask()
    expect(answer.status).toBe(401)
    expect(answer.headers.has('X-Audit-Id')).toBe(false)
    expect(queue.events).toEqual([])
  })
})

test('a change on the admin surface tells the caller the id of its record', async () => {
  const answer = await listened(staff.call)('/admin/clients', { body: { name: 'Back office' } })
  expect(answer.status).toBe(201)
  expect(queue.events.map(({ id, stage }) => [id, stage])).toEqual([
    [answer.headers.get('X-Audit-Id'), 'received'],
    [answer.headers.get('X-Audit-Id'), 'completed'],
  ])
})

describe('an act that has begun runs to its record although its caller hangs up', () => {
  const changes: { name: string; request: () => Promise<Request> }[] = [
    { name: 'for a customer', request: async () => impersonated('/lists', { name: 'Newsletter' }) },
    {
      name: 'on the admin surface',
      request: async () => signedRequest('/admin/clients', { name: 'One more' }),
    },
  ]

  test.each(changes)('$name', async ({ request }) => {
    const context = createExecutionContext()
    const received = Promise.withResolvers<void>()
    const { events, bindings } = listenedQueue({ onEvent: () => received.resolve() })
    // Nobody waits for the answer: what is not in waitUntil would be gone on the platform.
    void worker.fetch(await request(), { ...env, ...bindings }, context)
    await received.promise
    await waitOnExecutionContext(context)
    expect(events.map(({ stage, outcome }) => [stage, outcome?.status])).toEqual([
      ['received', undefined],
      ['completed', 201],
    ])
  })

  async function signedRequest(path: string, body: object): Promise<Request> {
    let sent: Request | undefined
    await staff
      .call(path, {
        body,
        via: async (request) => {
          sent = request
          throw new Error('kept for later')
        },
      })
      .catch(() => undefined)
    if (!sent) throw new Error('nothing was sent')
    return sent
  }
})

const impersonated = (path: string, body?: object) =>
  new Request(`https://steward.example${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      'X-ADMIN-API-KEY': customer.adminKey.key,
      'X-CUSTOMER-ID': customer.uid,
      'Content-Type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
  })

describe('a stream', () => {
  const PAGE = 2_500

  beforeEach(async () => {
    const contacts = Array.from({ length: 2 * PAGE + 1 }, (_, i) => ({ email: `person-${i}@example.com` }))
    await customer.own('/contacts/bulk', { body: { contacts } })
  })

  const keyIs = (set: Partial<typeof adminApiKeys.$inferInsert>) => () =>
    database().update(adminApiKeys).set(set).where(eq(adminApiKeys.id, customer.adminKey.id))
  const ownerIs = (set: Partial<typeof admins.$inferInsert>) => () =>
    database().update(admins).set(set).where(eq(admins.id, customer.admin.adminId))
  const customerIs = (set: Partial<typeof customers.$inferInsert>) => () =>
    database().update(customers).set(set).where(eq(customers.uid, customer.uid))

  async function begun(request = impersonated('/contacts/export?format=ndjson')) {
    const context = createExecutionContext()
    const response = await worker.fetch(request, { ...env, ...queue.bindings }, context)
    expect(response.status).toBe(200)
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    return { response, reader, over: () => waitOnExecutionContext(context) }
  }

  test('is on record before its first byte, and with what left when it is over', async () => {
    const { response, reader, over } = await begun()
    const id = response.headers.get('X-Audit-Id')
    expect(queue.events).toMatchObject([{ id, stage: 'received', outcome: null }])
    let rest = await reader.read()
    while (!rest.done) rest = await reader.read()
    await over()
    expect(queue.events.slice(1)).toMatchObject([
      { id, stage: 'completed', outcome: { status: 200, result: 'success', rows: 2 * PAGE + 1 } },
    ])
  })

  test('that its reader leaves is on record with what left until then', async () => {
    const { reader, over } = await begun()
    await reader.read()
    await reader.cancel()
    await over()
    expect(queue.events[1]).toMatchObject({ outcome: { result: 'client_error', rows: PAGE } })
  })

  test.each([
    { name: 'the key was revoked', happens: keyIs({ revokedAt: 1 }) },
    { name: 'the key has expired', happens: keyIs({ expiresAt: 1 }) },
    { name: 'its owner was disabled', happens: ownerIs({ disabledAt: 1 }) },
    { name: 'the key may not act for the customer any more', happens: keyIs({ customers: [] }) },
    { name: 'the customer was suspended', happens: customerIs({ status: 'inactive' }) },
  ])('breaks off at the next page where $name', async ({ happens }) => {
    const { reader, over } = await begun()
    expect((await reader.read()).done).toBe(false)
    await happens()
    await expect(reader.read()).rejects.toThrow()
    await over()
    expect(queue.events[1]).toMatchObject({ outcome: { status: 200, result: 'refused', rows: PAGE } })
  })

  test('with the customer’s own key breaks off as well', async () => {
    const request = new Request('https://steward.example/contacts/export?format=csv', {
      headers: { 'X-API-KEY': customer.key },
    })
    const { reader } = await begun(request)
    // The line of columns, and the first page.
    await reader.read()
    await reader.read()
    await customerIs({ status: 'inactive' })()
    await expect(reader.read()).rejects.toThrow()
    expect(queue.events).toEqual([])
  })

  test('that the queue refuses to record does not begin', async () => {
    expectLogged('audit_unavailable')
    const response = await fetchWith(
      { AUDIT_QUEUE: failing(env.AUDIT_QUEUE, 'send') },
      impersonated('/contacts/export?format=csv'),
    )
    expect(response.status).toBe(503)
  })

  test('of the trail asks with each page as well', async () => {
    await deliver(deliveriesOf(makeEvents(100)))
    const call = await withKey({ scopes: ['audit:read'] })
    const answer = await listened(call)('/admin/audit/export')
    expect(answer.text.trimEnd().split('\n').length).toBeGreaterThanOrEqual(100)
    expect(queue.events).toMatchObject([
      { stage: 'received' },
      { stage: 'completed', outcome: { status: 200, rows: answer.text.trimEnd().split('\n').length } },
    ])
  })

  test('a HEAD of one is a read', async () => {
    const answer = await listened(customer.impersonated)('/contacts/export?format=csv', { method: 'HEAD' })
    expect(answer).toMatchObject({ status: 200, text: '' })
    expect(queue.events).toMatchObject([{ stage: 'completed', outcome: { status: 200 } }])
  })
})

test('nothing is made where the record of it cannot be kept', async () => {
  expectLogged('audit_unavailable')
  const answer = await listened(customer.impersonated, { AUDIT_QUEUE: failing(env.AUDIT_QUEUE, 'send') })(
    '/lists',
    { body: { name: 'Never made' } },
  )
  expect(answer.status).toBe(503)
  expect(answer.headers.has('X-Audit-Id')).toBe(false)
  expect(await database().select().from(lists)).toEqual([])
})
