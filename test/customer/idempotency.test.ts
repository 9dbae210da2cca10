import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { randomUid } from '../../src/crypto/random.ts'
import { idempotencyKeys } from '../../src/db/schema/customers.ts'
import { accessGrants } from '../../src/db/schema/grants.ts'
import worker from '../../src/index.ts'
import { fetchWith, interceptedDatabase, outage } from '../support/bindings/bindings.ts'
import { counted } from '../support/bindings/counted-bindings.ts'
import { expectLogged, mayLog } from '../support/bindings/logged.ts'
import {
  type Answer,
  type Caller,
  type CallOptions,
  callerWith,
  customerWithCallers,
} from '../support/calls/http.ts'
import { routeTable } from '../support/calls/routes.ts'
import { database, makeAdmin, makeAdminKey, makeGrant } from '../support/factories.ts'
import { HOUR_MS } from '../support/times.ts'
import { recordsOf } from '../support/trail/audit.ts'
import { UNKNOWN_UID } from '../support/unknown.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>
let own: Caller
let impersonated: Caller

beforeEach(async () => {
  customer = await customerWithCallers()
  ;({ own, impersonated } = customer)
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

/** How much of each thing the customer has. */
async function state(uid = customer.uid): Promise<Record<string, number>> {
  const tables = ['lists', 'contacts', 'list_contacts', 'customer_api_keys']
  const count = async (table: string) => {
    const counting = env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE customer_uid = ?`).bind(uid)
    return [table, await counting.first('n')]
  }
  const grants = await database().select().from(accessGrants).where(eq(accessGrants.customerUid, uid))
  const decided = grants.filter(({ customerDecision }) => customerDecision !== null).length
  return { ...Object.fromEntries(await Promise.all(tables.map(count))), decided }
}

/** The path of a route about something that a customer has: a list, or a request for access that waits. */
async function pathFor(path: string, { own, uid: customerUid } = customer): Promise<string> {
  if (!path.startsWith('/access_requests')) {
    const { list } = (await own('/lists', { body: { name: 'Newsletter' } })).json
    return path.replace(':uid', list.uid)
  }
  const [uid, { adminId }] = [randomUid(), await makeAdmin('customer_success')]
  await makeGrant({ adminId, customerUid, uid, needsCustomer: true })
  return path.replace(':uid', uid)
}

/** A body that the route takes; undefined where it takes none. */
function bodyOf(path: string) {
  if (path.startsWith('/access_requests')) return undefined
  const contact = { email: 'ada@example.com' }
  if (path.endsWith('/bulk')) return { contacts: [contact] }
  return path.endsWith('/contacts') ? contact : { name: 'A name' }
}

const postRoutes = routeTable()
  .filter(({ method, access }) => method === 'POST' && access?.kind === 'customer')
  .map(({ path }) => ({ path, makesSecret: path === '/api_keys' }))

const keptRoutes = postRoutes.filter(({ makesSecret }) => !makesSecret)

test.each(keptRoutes)('POST $path gives its first answer again, marked', async ({ path }) => {
  const filled = await pathFor(path)
  const [first, second] = [
    await post('key-1', filled, bodyOf(path)),
    await post('key-1', filled, bodyOf(path)),
  ]
  expect(first.status).toBeLessThan(300)
  expect([second.status, second.text]).toEqual([first.status, first.text])
  expect([isReplay(first), isReplay(second)]).toEqual([false, true])
  expect(second.headers.get('Content-Type')).toBe(first.headers.get('Content-Type'))
  expect(second.headers.get('X-Request-Id')).not.toBe(first.headers.get('X-Request-Id'))
})

test('a key that was made is shown to nobody again, and is nowhere in D1', async () => {
  const first = await post('key-1', '/api_keys', { name: 'Website' })
  const { id, key } = first.json.api_key
  const again = await post('key-1', '/api_keys', { name: 'Website' })
  expect(again).toMatchObject({
    status: 409,
    json: { status: 'error', code: 'idempotency_secret_gone', api_key: { id } },
  })
  expect(isReplay(again)).toBe(true)
  expect(again.text).not.toContain(key)
  expect(JSON.stringify(await database().select().from(idempotencyKeys))).not.toContain(key)
  expect((await own('/api_keys')).json.pagination.total).toBe(2)
})

describe('refusals', () => {
  test.each([
    ['a conflict', '/contacts', { email: 'there@example.com' }, 409],
    ['a member that is there', '/lists/:uid/contacts', { email: 'member@example.com' }, 409],
    ['a list that is not there', `/lists/${UNKNOWN_UID}/copy`, { name: 'x' }, 404],
    ['a contact that is not there', '/lists/:uid/contacts', { contact_uid: UNKNOWN_UID }, 404],
  ])('that the write finds are answers too: %s', async (_, path, body, status) => {
    await own('/contacts', { body: { email: 'there@example.com' } })
    const list = (await own('/lists', { body: { name: 'Newsletter' } })).json.list.uid
    await own(`/lists/${list}/contacts`, { body: { email: 'member@example.com' } })
    const before = await state()
    const [first, second] = [
      await post('key-1', path.replace(':uid', list), body),
      await post('key-1', path.replace(':uid', list), body),
    ]
    expect([first.status, second.status]).toEqual([status, status])
    expect(comparable(second)).toBe(comparable(first))
    expect([isReplay(first), isReplay(second)]).toEqual([false, true])
    expect(await state()).toEqual(before)
  })

  test.each([
    ['an invalid body', '/lists', { name: '' }, 422],
    ['broken JSON', '/lists', '{', 400],
  ])('of what is not written are not kept: %s', async (_, path, body, status) => {
    const headers = { 'Content-Type': 'application/json' }
    for (let time = 0; time < 2; time++) {
      const answer = await post('key-1', path, body, { headers })
      expect([answer.status, isReplay(answer)]).toEqual([status, false])
    }
    expect(isReplay(await newList('key-1'))).toBe(false)
  })

  const comparable = ({ text }: Answer) => text.replace(/req_[0-9a-f-]{36}/, '')
})

test.each(keptRoutes)('POST $path, twenty at once: one effect, and one answer to all', async ({ path }) => {
  const filled = await pathFor(path)
  const twin = await customerWithCallers()
  await post('key-1', await pathFor(path, twin), bodyOf(path), {}, twin.own)

  const times = Array.from({ length: 20 })
  const answers = await Promise.all(times.map(() => post('key-1', filled, bodyOf(path))))
  expect(answers.filter((answer) => !isReplay(answer))).toHaveLength(1)
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect(await state()).toEqual(await state(twin.uid))
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
    ['another path', '/contacts', { email: 'ada@example.com' }, {}],
    ['another thing to copy', `/lists/${UNKNOWN_UID}/copy`, { name: 'Newsletter' }, {}],
    ['rows', '/contacts/bulk', { contacts: [{ email: 'ada@example.com' }] }, {}],
    ['rows that are all invalid', '/contacts/bulk', { contacts: [{ email: 'no' }] }, {}],
    ['a new key', '/api_keys', { name: 'Newsletter' }, {}],
  ])('%s is refused and does nothing', async (_, path, body, options) => {
    const before = await state()
    const answer = await post('key-1', path, body, options)
    expect(answer).toMatchObject({ status: 422, json: { status: 'error', code: 'idempotency_key_reused' } })
    expect(await state()).toEqual(before)
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

  test('every other caller has its own: nobody gets the answer that another got', async () => {
    const { key } = (await own('/api_keys', { body: { name: 'Second' } })).json.api_key
    const adminKey = await makeAdminKey(customer.admin)
    const callers = [
      callerWith({ 'X-API-KEY': key }),
      impersonated,
      callerWith({ 'X-ADMIN-API-KEY': adminKey.key, 'X-CUSTOMER-ID': customer.uid }),
    ]
    const firsts: Answer[] = []
    for (const caller of callers) firsts.push(await newList('key-1', {}, caller))
    expect(firsts.map((first) => [first.status, isReplay(first)])).toEqual(callers.map(() => [201, false]))
    for (const [i, caller] of callers.entries()) {
      const again = await newList('key-1', {}, caller)
      expect([isReplay(again), again.text]).toEqual([true, firsts[i]?.text])
    }
    expect(await listCount()).toBe(1 + callers.length)
  })

  test('a replay to an admin who acts for the customer is an act of its own on record', async () => {
    const [first, replay] = [
      await newList('key-1', {}, impersonated),
      await newList('key-1', {}, impersonated),
    ]
    expect([isReplay(first), isReplay(replay)]).toEqual([false, true])
    const records = await recordsOf([replay])
    expect(records.map(({ stage, status }) => [stage, status])).toEqual([
      ['received', null],
      ['completed', 201],
    ])
    expect(records.at(-1)).toMatchObject({
      replayed: true,
      target_type: 'list',
      target_id: first.json.list.uid,
    })
    expect((await recordsOf([first])).at(-1)).toMatchObject({ replayed: false })
    expect(replay.headers.get('X-Audit-Id')).toBe(records[0]?.id)
  })

  test('nothing is answered to who may not call', async () => {
    const answer = await newList('key-1', { headers: { 'X-API-KEY': 'stw_customer_x' } })
    expect([answer.status, isReplay(answer)]).toEqual([401, false])
  })

  test('a repetition costs one round trip more than the request', async () => {
    const { status, counts } = await counted(own, '/lists', {
      body: { name: 'Newsletter' },
      headers: { 'Idempotency-Key': 'key-1' },
    })
    expect([status, counts.d1]).toEqual([201, 3])
  })
})

describe('a key', () => {
  test.each([
    { name: 'of one character', key: 'k', status: 201 },
    { name: 'of 255', key: 'k'.repeat(255), status: 201 },
    { name: 'in quotes, as the draft has it', key: '"8e03978e-40d5-43e8-bc93-6894a57f9324"', status: 201 },
    { name: 'that is empty', key: '', status: 400 },
    { name: 'of 256 characters', key: 'k'.repeat(256), status: 400 },
    { name: 'with a space', key: 'a b', status: 400 },
    { name: 'sent twice', key: 'a, a', status: 400 },
    { name: 'that is not ASCII', key: 'é', status: 400 },
  ])('$name', async ({ key, status }) => {
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

  test('the cron forgets what has expired', async () => {
    await newList('old', at(-24 * HOUR_MS))
    await newList('new', at(0))
    await worker.scheduled(createScheduledController(), env)
    expect(await database().select({ key: idempotencyKeys.key }).from(idempotencyKeys)).toEqual([
      { key: 'new' },
    ])
  })
})

describe.each([
  { when: 'before' as const, what: 'does not arrive' },
  { when: 'after' as const, what: 'is done, and its answer is lost' },
])('a round trip to D1 that $what', ({ when }) => {
  /** One call fails, or all from one on: whatever the request would still do, it cannot. */
  const failing = (from: number, times: number): CallOptions => ({
    via: (request) =>
      fetchWith({ DB: interceptedDatabase(env.DB, { [when]: outage({ from, times }) }) }, request),
  })

  test.each(
    postRoutes.flatMap((route) => [1, Number.POSITIVE_INFINITY].map((times) => ({ ...route, times }))),
  )('wherever it is, the repetition of POST $path makes it one effect, $times failing', async (row) => {
    // One whose answer is lost is found by its row.
    const isFound = when === 'after' && row.times === 1
    const logged = isFound ? mayLog : expectLogged
    logged('"code":"internal"')
    mayLog('dependency_unavailable')
    mayLog('"task":"tell_decision"')
    const twin = await customerWithCallers()
    await post('key-1', await pathFor(row.path, twin), bodyOf(row.path), {}, twin.own)
    for (let from = 1; ; from++) {
      ;({ own } = customer = await customerWithCallers())
      const path = await pathFor(row.path)
      const first = await post('key-1', path, bodyOf(path), failing(from, row.times))
      const again = await post('key-1', path, bodyOf(path))
      expect(await state(), `failing at ${from}`).toEqual(await state(twin.uid))
      if (row.makesSecret && isReplay(again)) expect(again.json.code).toBe('idempotency_secret_gone')
      else expect(again.status, `failing at ${from}`).toBeLessThan(300)
      if (first.status >= 500) continue
      // The answer that was given is the one that is given again, and it was the request's own.
      expect(isReplay(first)).toBe(false)
      if (!row.makesSecret) expect(again.text).toBe(first.text)
      if (from > 3) return
    }
  })
})

describe('many rows', () => {
  const contacts = Array.from({ length: 2_500 }, (_, i) => ({ email: `a-${i}@example.com` }))

  test.each(['before', 'after'] as const)(
    'cut off %s any of their transactions, a repetition runs those that did not run',
    async (when) => {
      expectLogged('"code":"internal"')
      await own('/contacts', { body: { email: 'A-1@example.com' } })
      await own('/lists')
      // A transaction for each thousand.
      for (const from of [1, 2, 3]) {
        const around = { [when]: outage({ from }) }
        const key = `key-${from}`
        const cut = await post(
          key,
          '/contacts/bulk',
          { contacts },
          {
            via: (request) => fetchWith({ DB: interceptedDatabase(env.DB, around) }, request),
          },
        )
        expect(cut.status).toBeGreaterThanOrEqual(500)
        const again = await post(key, '/contacts/bulk', { contacts })
        // Of the first key; those after it find all contacts there.
        if (from === 1) expect(again.json).toMatchObject({ created: 2_499, updated: 1, invalid: 0 })
        expect(again.json.results).toHaveLength(2_500)
        expect(isReplay(again), 'some of it was done now').toBe(when === 'after' && from === 3)
        const third = await post(key, '/contacts/bulk', { contacts })
        expect([isReplay(third), third.text]).toEqual([true, again.text])
      }
      expect((await own('/contacts')).json.pagination.total).toBe(2_500)
    },
  )

  test('of which a part was created before the cut are told as created', async () => {
    expectLogged('"code":"internal"')
    await own('/lists')
    const cut = await post(
      'key-1',
      '/contacts/bulk',
      { contacts },
      {
        via: (request) =>
          fetchWith({ DB: interceptedDatabase(env.DB, { before: outage({ from: 2 }) }) }, request),
      },
    )
    expect(cut.status).toBe(500)
    expect((await own('/contacts')).json.pagination.total).toBe(1_000)
    const again = await post('key-1', '/contacts/bulk', { contacts })
    expect(again.json).toMatchObject({ created: 2_500, updated: 0, invalid: 0 })
  })

  test('expire as one, whenever their transactions ran', async () => {
    expectLogged('"code":"internal"')
    const start = Date.now()
    const at = (ms: number, DB = env.DB): CallOptions => ({
      via: (request) => fetchWith({ DB }, request, () => start + ms),
    })
    await own('/lists')
    await post(
      'key-1',
      '/contacts/bulk',
      { contacts },
      at(0, interceptedDatabase(env.DB, outage({ from: 2 }))),
    )
    await post('key-1', '/contacts/bulk', { contacts }, at(20 * HOUR_MS))
    const other = contacts.map(({ email }) => ({ email: `b${email}` }))
    expect((await post('key-1', '/contacts/bulk', { contacts: other }, at(25 * HOUR_MS))).json).toMatchObject(
      {
        created: 2_500,
      },
    )
  })

  test('ten thousand and their answer are kept', async () => {
    const many = Array.from({ length: 10_000 }, (_, i) => ({
      email: `${crypto.randomUUID()}-${i}@${'x'.repeat(63)}.${'y'.repeat(63)}.example.com`,
    }))
    const first = await post('key-1', '/contacts/bulk', { contacts: many })
    const second = await post('key-1', '/contacts/bulk', { contacts: many })
    expect(first.json.created).toBe(10_000)
    expect(isReplay(second)).toBe(true)
    expect(second.text).toBe(first.text)
  })
})
