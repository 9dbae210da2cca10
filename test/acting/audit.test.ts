import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { lists } from '../../src/db/schema/lists.ts'
import type { Env } from '../../src/env.ts'
import { failing, failingDatabase, fetchWith } from '../support/bindings/bindings.ts'
import { expectLogged } from '../support/bindings/logged.ts'
import { type Answer, customerWithCallers } from '../support/calls/http.ts'
import { database } from '../support/factories.ts'
import { listenedQueue, recordsOf, trail } from '../support/trail/audit.ts'
import { UNKNOWN_UID } from '../support/unknown.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  customer = await customerWithCallers()
})

const impersonatedRequest = (method: string, path: string, body?: unknown) =>
  new Request(`https://steward.example${path}`, {
    method,
    headers: {
      'X-ADMIN-API-KEY': customer.adminKey.key,
      'X-CUSTOMER-ID': customer.uid,
      'Content-Type': 'application/json',
    },
    body: body === undefined ? null : JSON.stringify(body),
  })

describe('if the queue refuses', () => {
  const brokenQueue = () => {
    expectLogged('audit_unavailable')
    return { AUDIT_QUEUE: failing(env.AUDIT_QUEUE, 'send') }
  }
  const unavailable = { status: 'error', code: 'audit_unavailable' }

  test('a write is refused before anything happened', async () => {
    const logged = expectLogged('audit_unavailable')
    const response = await fetchWith(
      brokenQueue(),
      impersonatedRequest('POST', '/lists', { name: 'Never made' }),
    )
    expect(response.status).toBe(503)
    expect(response.headers.get('Retry-After')).toMatch(/^\d+$/)
    expect(await response.json()).toMatchObject(unavailable)
    expect(await database().select().from(lists)).toEqual([])
    expect(logged.lines()).toHaveLength(1)
    expect(logged.lines().join()).not.toContain(customer.adminKey.key)
  })

  test('nothing of the answer that stays here shows', async () => {
    const bindings = { ...brokenQueue(), READ_REPLICATION: 'on' } as unknown as Env
    const response = await fetchWith(bindings, impersonatedRequest('GET', '/contacts/export?format=csv'))
    expect(response.status).toBe(503)
    for (const name of ['Content-Disposition', 'X-D1-Bookmark'])
      expect.soft(response.headers.has(name)).toBe(false)
  })

  test('what was read does not leave', async () => {
    await customer.own('/lists', { body: { name: 'Confidential' } })
    const response = await fetchWith(brokenQueue(), impersonatedRequest('GET', '/lists'))
    expect(response.status).toBe(503)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject(unavailable)
    expect(text).not.toContain('Confidential')
  })

  test('a refusal is not told either', async () => {
    const response = await fetchWith(brokenQueue(), impersonatedRequest('GET', `/lists/${UNKNOWN_UID}`))
    expect(await response.json()).toMatchObject(unavailable)
  })

  test('the customer itself is served', async () => {
    const request = new Request('https://steward.example/lists', { headers: { 'X-API-KEY': customer.key } })
    const AUDIT_QUEUE = failing(env.AUDIT_QUEUE, 'send')
    expect((await fetchWith({ AUDIT_QUEUE }, request)).status).toBe(200)
  })

  test('after a write, its true outcome is told, and the record arrives once the queue is back', async () => {
    const queue = failing(env.AUDIT_QUEUE, 'send', { from: 2, times: 1 })
    const response = await fetchWith(
      { AUDIT_QUEUE: queue },
      impersonatedRequest('POST', '/lists', { name: 'Made' }),
    )
    expect(response.status).toBe(201)
    const answer = { headers: response.headers } as Answer
    const records = await recordsOf([answer])
    expect(records.map(({ stage, status }) => [stage, status])).toEqual([
      ['received', null],
      ['completed', 201],
    ])
  })
})

describe('if another component is down, nothing happens and the answer says so', () => {
  test.each([
    { name: 'KV', bindings: () => ({ KEYS: failing(env.KEYS, 'get') }) },
    { name: 'D1', bindings: () => ({ DB: failingDatabase() }) },
  ])('$name', async ({ bindings }) => {
    expectLogged('dependency_unavailable')
    // A key that no isolate has seen before, so that KV has to be asked.
    const other = await customerWithCallers()
    const request = new Request('https://steward.example/lists', {
      method: 'POST',
      headers: {
        'X-ADMIN-API-KEY': other.adminKey.key,
        'X-CUSTOMER-ID': other.uid,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({ name: 'Never made' }),
    })
    const response = await fetchWith(bindings(), request)
    expect(response.status).toBe(503)
    expect(response.headers.get('Retry-After')).toMatch(/^\d+$/)
    expect(await response.json()).toMatchObject({ code: 'dependency_unavailable' })
    expect(await database().select().from(lists)).toEqual([])
  })
})

describe('what a record holds', () => {
  test('the reason, cut to nothing more than what was sent', async () => {
    const answer = await customer.impersonated('/lists', { headers: { 'X-ADMIN-REASON': 'Ticket 4711' } })
    expect(await recordsOf([answer])).toMatchObject([{ reason: 'Ticket 4711' }])
  })

  test('a reason of more than 500 characters is refused, and the attempt recorded', async () => {
    const answer = await customer.impersonated('/lists', { headers: { 'X-ADMIN-REASON': 'x'.repeat(501) } })
    expect(answer).toMatchObject({ status: 400, json: { code: 'reason_invalid' } })
    expect(await recordsOf([answer])).toMatchObject([{ result: 'refused', status: 400 }])
  })

  test('never a secret, wherever it was put', async () => {
    const { key } = customer.adminKey
    const answers = [
      await customer.impersonated(`/lists/${key}?token=${customer.key}&search=alice@example.com`),
      await customer.impersonated('/lists', {
        headers: { 'User-Agent': `curl ${customer.key}`, 'X-ADMIN-REASON': `my key is ${key}` },
      }),
      await customer.impersonated('/contacts', { body: { email: 'bob@example.com', phone: '555-0100' } }),
    ]
    const text = JSON.stringify(await recordsOf(answers))
    for (const secret of [key, customer.key, 'alice@example.com', 'bob@example.com', '555-0100']) {
      expect.soft(text).not.toContain(secret)
    }
    expect(text).toContain('/lists/[redacted]?token&search')
  })
})

test('100 mixed requests leave exactly the records that were promised', async () => {
  const kinds = [
    () => customer.impersonated('/lists'),
    () => customer.impersonated('/lists', { body: { name: 'One more' } }),
    () => customer.impersonated('/lists', { body: { name: '' } }),
    () => customer.impersonated(`/contacts/${UNKNOWN_UID}`),
    () => customer.impersonated(`/contacts/${UNKNOWN_UID}`, { method: 'DELETE' }),
    () => customer.impersonated('/contacts', { method: 'HEAD' }),
    () => customer.impersonated('/lists', { headers: { 'X-CUSTOMER-ID': UNKNOWN_UID } }),
    () =>
      customer.impersonated('/lists', {
        headers: { 'X-ADMIN-REASON': 'x'.repeat(501) },
        body: { name: 'No' },
      }),
    () => customer.impersonated('/nowhere'),
    () => customer.own('/lists', { body: { name: 'Mine' } }),
  ]
  const stages = [1, 2, 2, 1, 2, 1, 1, 1, 1, 0]
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => kinds[i % 10]?.() as Promise<Answer>),
  )
  const recorded = answers.filter((_, i) => stages[i % 10])
  const records = await recordsOf(recorded)

  const recordsById = Map.groupBy(records, ({ id }) => id)
  expect(recordsById.size).toBe(90)
  answers.forEach((answer, i) => {
    const id = answer.headers.get('X-Audit-Id')
    const found = recordsById.get(id ?? '') ?? []
    expect(found).toHaveLength(stages[i % 10] ?? -1)
    expect(found.at(-1)?.status).toBe(stages[i % 10] ? answer.status : undefined)
  })
  const own = answers.filter((_, i) => !stages[i % 10]).map(({ headers }) => headers.get('X-Request-Id'))
  expect((await trail()).filter(({ request_id }) => own.includes(request_id))).toEqual([])
})

describe('if the query of the endpoint fails, which rides with the question of who calls', () => {
  const failedOnce = () => ({ DB: failingDatabase({ times: 1 }) })

  test.each([
    ['what the caller may see', () => customer.uid, 503, 'error'],
    ['a customer that does not exist', () => UNKNOWN_UID, 404, 'refused'],
  ])('who asked for %s is on record all the same', async (_, uid, status, result) => {
    if (status === 503) expectLogged('dependency_unavailable')
    const { events, bindings } = listenedQueue()
    const request = impersonatedRequest('GET', '/lists')
    request.headers.set('X-CUSTOMER-ID', uid())
    const response = await fetchWith({ ...bindings, ...failedOnce() }, request)
    expect(response.status).toBe(status)
    expect(events).toMatchObject([
      {
        id: response.headers.get('X-Audit-Id'),
        stage: 'completed',
        actor: { type: 'admin' },
        outcome: { status, result },
      },
    ])
  })
})
