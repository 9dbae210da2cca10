import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { idempotencyKeys } from '../../src/db/schema/customers.ts'
import worker from '../../src/index.ts'
import { recordsOf } from '../support/audit.ts'
import { failingDatabase, fetchWith } from '../support/bindings.ts'
import { counted } from '../support/counted-bindings.ts'
import { database } from '../support/factories.ts'
import { type Answer, type Caller, type CallOptions, customerWithCallers } from '../support/http.ts'
import { routeTable } from '../support/routes.ts'

const HOUR_MS = 60 * 60 * 1000

let own: Caller
let impersonated: Caller

beforeEach(async () => {
  ;({ own, impersonated } = await customerWithCallers())
})

/** Posts with a key, as JSON unless `options` say otherwise. */
const post = (
  key: string,
  path: string,
  body: unknown,
  { headers, ...options }: CallOptions = {},
  caller = own,
) => caller(path, { method: 'POST', body, headers: { 'Idempotency-Key': key, ...headers }, ...options })

const newList = (key: string, options: CallOptions = {}, caller = own) =>
  post(key, '/lists', { name: 'Newsletter' }, options, caller)

const isReplay = ({ headers }: Answer) => headers.get('Idempotent-Replayed') === 'true'

const listCount = async () => (await own('/lists')).json.pagination.total

const postRoutes = routeTable().filter(
  ({ method, access }) => method === 'POST' && access?.kind === 'customer',
)

test.each(postRoutes)('POST $path gives its first answer again, marked', async ({ path }) => {
  const list = (await own('/lists', { body: { name: 'Newsletter' } })).json.list.uid
  const body = { name: 'A name', email: 'ada@example.com', contacts: [{ email: 'ada@example.com' }] }
  const [first, second] = [
    await post('key-1', path.replace(':uid', list), body),
    await post('key-1', path.replace(':uid', list), body),
  ]
  expect(first.status).toBeLessThan(300)
  expect([second.status, second.text]).toEqual([first.status, first.text])
  expect([isReplay(first), isReplay(second)]).toEqual([false, true])
  expect(second.headers.get('Content-Type')).toBe(first.headers.get('Content-Type'))
  expect(second.headers.get('X-Request-Id')).not.toBe(first.headers.get('X-Request-Id'))
})

test.each([
  ['an invalid body', '/lists', { name: '' }, 422],
  ['a conflict', '/contacts', { email: 'there@example.com' }, 409],
  ['a thing that is not there', '/lists/0000000000000/copy', { name: 'x' }, 404],
  ['broken JSON', '/lists', '{', 400],
])('a refusal is an answer too: %s', async (_, path, body, status) => {
  await own('/contacts', { body: { email: 'there@example.com' } })
  const headers = { 'Content-Type': 'application/json' }
  const [first, second] = [
    await post('key-1', path, body, { headers }),
    await post('key-1', path, body, { headers }),
  ]
  expect([first.status, second.status]).toEqual([status, status])
  expect(second.text).toBe(first.text)
  expect([isReplay(first), isReplay(second)]).toEqual([false, true])
})

test('twenty at once make one row; those that do not get its answer are told to wait', async () => {
  await own('/lists')
  const answers = await Promise.all(Array.from({ length: 20 }, () => newList('key-1')))
  const created = answers.filter(({ status }) => status === 201)
  const waiting = answers.filter(({ status }) => status === 409)
  expect(created.length + waiting.length).toBe(20)
  expect(created.filter((answer) => !isReplay(answer))).toHaveLength(1)
  expect(new Set(created.map(({ text }) => text)).size).toBe(1)
  for (const { json, headers } of waiting) {
    expect(json.code).toBe('idempotency_in_progress')
    expect(headers.get('Retry-After')).toBe('1')
  }
  expect(await listCount()).toBe(1)
  expect(isReplay(await newList('key-1'))).toBe(true)
})

describe('with a key that was used', () => {
  beforeEach(() => newList('key-1'))

  test.each<[string, string, unknown, CallOptions]>([
    ['another payload', '/lists', { name: 'Another' }, {}],
    [
      'the same in other bytes',
      '/lists',
      '{"name": "Newsletter"}',
      { headers: { 'Content-Type': 'application/json' } },
    ],
    ['another media type', '/lists', '{"name":"Newsletter"}', { headers: { 'Content-Type': 'text/plain' } }],
    ['another path', '/contacts', { name: 'Newsletter' }, {}],
    ['a query', '/lists?x=1', { name: 'Newsletter' }, {}],
  ])('%s is refused and does nothing', async (_, path, body, options) => {
    const answer = await post('key-1', path, body, options)
    expect(answer).toMatchObject({ status: 422, json: { status: 'error', code: 'idempotency_key_reused' } })
    expect(await listCount()).toBe(1)
    expect(isReplay(await newList('key-1'))).toBe(true)
  })

  test.each(['GET', 'PUT', 'PATCH', 'DELETE'])('%s takes no notice of it', async (method) => {
    const { uid } = (await own('/lists')).json.lists[0]
    const body = method === 'PUT' || method === 'PATCH' ? { name: 'Other' } : undefined
    const answer = await own(`/lists/${uid}`, { method, body, headers: { 'Idempotency-Key': 'key-1' } })
    expect([answer.status, isReplay(answer)]).toEqual([200, false])
  })

  test('another customer has its own', async () => {
    const other = await customerWithCallers()
    expect(isReplay(await newList('key-1', {}, other.own))).toBe(false)
    expect((await other.own('/lists')).json.pagination.total).toBe(1)
  })

  test('an admin that acts for the customer gets the customer’s answer, on record as its own act', async () => {
    const [first, replay] = [await newList('key-1'), await newList('key-1', {}, impersonated)]
    expect(replay.text).toBe(first.text)
    expect(isReplay(replay)).toBe(true)
    const records = await recordsOf([replay])
    expect(records.map(({ stage, status }) => [stage, status])).toEqual([
      ['received', null],
      ['completed', 201],
    ])
    expect(replay.headers.get('X-Audit-Id')).toBe(records[0]?.id)
  })

  test('nothing is answered to who may not call', async () => {
    const answer = await newList('key-1', { headers: { 'X-API-KEY': 'stw_customer_x' } })
    expect([answer.status, isReplay(answer)]).toEqual([401, false])
  })

  test('a repetition costs the check of the caller and one round trip more', async () => {
    const { status, counts } = await counted(own, '/lists', {
      body: { name: 'Newsletter' },
      headers: { 'Idempotency-Key': 'key-1' },
    })
    expect([status, counts.d1]).toEqual([201, 2])
  })
})

test('a first request costs two round trips more than one without a key', async () => {
  await own('/lists')
  const options = { body: { name: 'Newsletter' }, headers: { 'Idempotency-Key': 'key-1' } }
  expect((await counted(own, '/lists', options)).counts.d1).toBe(4)
})

test('a multipart form is the same payload under another boundary', async () => {
  const form = () => {
    const data = new FormData()
    data.append('name', 'Newsletter')
    return data
  }
  await post('key-1', '/lists', form())
  expect(isReplay(await post('key-1', '/lists', form()))).toBe(true)
  const other = form()
  other.append('description', 'more')
  expect(await post('key-1', '/lists', other)).toMatchObject({ status: 422 })
})

describe('a key', () => {
  test.each([
    ['of one character', 'k', 201],
    ['of 255', 'k'.repeat(255), 201],
    ['in quotes, as the draft has it', '"8e03978e-40d5-43e8-bc93-6894a57f9324"', 201],
    ['that is empty', '', 400],
    ['of 256 characters', 'k'.repeat(256), 400],
    ['with a space', 'a b', 400],
    ['sent twice', 'a, a', 400],
    ['that is not ASCII', 'é', 400],
  ])('%s', async (_, key, status) => {
    const answer = await newList(key)
    expect(answer.status).toBe(status)
    if (status === 400) expect(answer.json.code).toBe('idempotency_key_invalid')
    expect(await listCount()).toBe(status === 201 ? 1 : 0)
  })
})

describe('time', () => {
  const start = Date.now()
  const at = (ms: number): CallOptions => ({ via: (request) => fetchWith({}, request, () => start + ms) })

  test('an answer is kept for 24 hours', async () => {
    await newList('key-1', at(0))
    expect(isReplay(await newList('key-1', at(24 * HOUR_MS - 1)))).toBe(true)
    expect(isReplay(await newList('key-1', at(24 * HOUR_MS)))).toBe(false)
    expect(isReplay(await newList('key-1', at(25 * HOUR_MS)))).toBe(true)
    expect(await listCount()).toBe(2)
  })

  test('a request that died holds its key for a minute, and only its own repetition takes it over', async () => {
    await newList('key-1', at(0))
    await database().update(idempotencyKeys).set({ status: null, sealedBody: null })
    expect(await newList('key-1', at(59_999))).toMatchObject({ status: 409 })
    expect(await post('key-1', '/lists', { name: 'Other' }, at(60_000))).toMatchObject({ status: 422 })
    expect(await newList('key-1', at(60_000))).toMatchObject({ status: 201 })
    expect(isReplay(await newList('key-1', at(60_001)))).toBe(true)
  })

  test('the cron forgets what has expired', async () => {
    await newList('old', at(-24 * HOUR_MS))
    await newList('new', at(0))
    await worker.scheduled(createScheduledController(), env)
    expect(await database().select({ key: idempotencyKeys.key }).from(idempotencyKeys)).toEqual([
      { key: 'new' },
    ])
  })
})

describe('when D1 fails', () => {
  const failingAt = (from: number): CallOptions => ({
    via: (request) => fetchWith({ DB: failingDatabase({ from, times: 1 }) }, request),
  })

  beforeEach(() => own('/lists'))

  test('before the key is claimed, nothing is done', async () => {
    expect(await newList('key-1', failingAt(2))).toMatchObject({
      status: 503,
      json: { code: 'dependency_unavailable' },
    })
    expect(await listCount()).toBe(0)
    expect(isReplay(await newList('key-1'))).toBe(false)
  })

  test('in the endpoint, the 500 is not kept', async () => {
    expect(await newList('key-1', failingAt(3))).toMatchObject({ status: 500 })
    const again = await newList('key-1')
    expect([again.status, isReplay(again)]).toEqual([201, false])
  })

  test('while the answer is kept, it is given all the same, and the key held', async () => {
    expect(await newList('key-1', failingAt(4))).toMatchObject({ status: 201 })
    expect(await newList('key-1')).toMatchObject({ status: 409, json: { code: 'idempotency_in_progress' } })
    expect(await listCount()).toBe(1)
  })
})

test('what is kept is sealed: nothing of the answer is in D1 in clear', async () => {
  const first = await newList('key-1')
  const stored = await database().select().from(idempotencyKeys)
  expect(stored).toHaveLength(1)
  expect(JSON.stringify(stored)).not.toContain(first.json.list.uid)
  expect(stored[0]?.sealedBody).toMatch(/^\w+\.[\w-]+\.[\w-]+$/)
})

test('the answer to 10,000 rows is kept', async () => {
  const contacts = Array.from({ length: 10_000 }, (_, i) => ({
    email: `${crypto.randomUUID()}-${i}@example.com`,
  }))
  const first = await post('key-1', '/contacts/bulk', { contacts })
  const second = await post('key-1', '/contacts/bulk', { contacts })
  expect(isReplay(second)).toBe(true)
  expect(second.text).toBe(first.text)
})
