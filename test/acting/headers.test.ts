import { beforeEach, describe, expect, test } from 'vitest'
import { createAccessKey } from '../../src/auth/callers/access-key.ts'
import { type Answer, call, customerWithCallers } from '../support/calls/http.ts'
import { recordsOf, trail } from '../support/trail/audit.ts'
import { UNKNOWN_UID } from '../support/unknown.ts'

type Customer = Awaited<ReturnType<typeof customerWithCallers>>

let a: Customer
let b: Customer

beforeEach(async () => {
  a = await customerWithCallers()
  b = await customerWithCallers()
})

/** Headers by what they hold, so that a table can name keys that are made for each test. */
const headersOf = (claims: Record<string, string>) => {
  const values: Record<string, string> = {
    own: a.key,
    admin: a.adminKey.key,
    a: a.uid,
    b: b.uid,
    empty: '',
    blank: ' ',
  }
  return Object.fromEntries(
    Object.entries(claims).map(([name, claim]) => [
      name,
      claim
        .split('+')
        .map((part) => values[part] ?? part)
        .join(', '),
    ]),
  )
}

const KEY = 'X-API-KEY'
const ADMIN = 'X-ADMIN-API-KEY'
const CUSTOMER = 'X-CUSTOMER-ID'
const unknownKey = createAccessKey('admin')
const mistypedKey = `${unknownKey.slice(0, -1)}${unknownKey.endsWith('0') ? '1' : '0'}`

describe.each(['GET', 'POST', 'DELETE'])('credentials of a %s', (method) => {
  test.each<{ name: string; claims: Record<string, string>; status: number; code: string }>([
    { name: 'nothing', claims: {}, status: 401, code: 'credentials_missing' },
    {
      name: 'both kinds',
      claims: { [KEY]: 'own', [ADMIN]: 'admin', [CUSTOMER]: 'a' },
      status: 400,
      code: 'credentials_ambiguous',
    },
    {
      name: 'both keys',
      claims: { [KEY]: 'own', [ADMIN]: 'admin' },
      status: 400,
      code: 'credentials_ambiguous',
    },
    {
      name: 'own key and a customer',
      claims: { [KEY]: 'own', [CUSTOMER]: 'a' },
      status: 400,
      code: 'credentials_ambiguous',
    },
    { name: 'admin key alone', claims: { [ADMIN]: 'admin' }, status: 400, code: 'customer_id_missing' },
    { name: 'customer alone', claims: { [CUSTOMER]: 'a' }, status: 400, code: 'admin_key_missing' },
    { name: 'own key twice', claims: { [KEY]: 'own+own' }, status: 400, code: 'credentials_malformed' },
    {
      name: 'admin key twice',
      claims: { [ADMIN]: 'admin+admin', [CUSTOMER]: 'a' },
      status: 400,
      code: 'credentials_malformed',
    },
    {
      name: 'two customers',
      claims: { [ADMIN]: 'admin', [CUSTOMER]: 'a+b' },
      status: 400,
      code: 'credentials_malformed',
    },
    { name: 'own key empty', claims: { [KEY]: 'empty' }, status: 400, code: 'credentials_malformed' },
    {
      name: 'admin key empty',
      claims: { [ADMIN]: 'empty', [CUSTOMER]: 'a' },
      status: 400,
      code: 'credentials_malformed',
    },
    {
      name: 'customer empty',
      claims: { [ADMIN]: 'admin', [CUSTOMER]: 'empty' },
      status: 400,
      code: 'credentials_malformed',
    },
    {
      name: 'customer blank',
      claims: { [ADMIN]: 'admin', [CUSTOMER]: 'blank' },
      status: 400,
      code: 'credentials_malformed',
    },
    { name: 'own key no key', claims: { [KEY]: 'stw_customer_nonsense' }, status: 401, code: 'key_invalid' },
    { name: 'own key of the other kind', claims: { [KEY]: 'admin' }, status: 401, code: 'key_invalid' },
    {
      name: 'admin key no key',
      claims: { [ADMIN]: 'nonsense', [CUSTOMER]: 'a' },
      status: 401,
      code: 'key_invalid',
    },
    {
      name: 'admin key of the other kind',
      claims: { [ADMIN]: 'own', [CUSTOMER]: 'a' },
      status: 401,
      code: 'key_invalid',
    },
    {
      name: 'admin key mistyped',
      claims: { [ADMIN]: mistypedKey, [CUSTOMER]: 'a' },
      status: 401,
      code: 'key_invalid',
    },
    {
      name: 'own key unknown',
      claims: { [KEY]: createAccessKey('customer') },
      status: 401,
      code: 'key_invalid',
    },
    {
      name: 'admin key unknown',
      claims: { [ADMIN]: unknownKey, [CUSTOMER]: 'a' },
      status: 401,
      code: 'key_invalid',
    },
    {
      name: 'customer unknown',
      claims: { [ADMIN]: 'admin', [CUSTOMER]: UNKNOWN_UID },
      status: 404,
      code: 'customer_unknown',
    },
    {
      name: 'customer of no form',
      claims: { [ADMIN]: 'admin', [CUSTOMER]: "' OR 1=1 --" },
      status: 404,
      code: 'customer_unknown',
    },
  ])('$name', async ({ claims, status, code }) => {
    const path = method === 'DELETE' ? `/lists/${UNKNOWN_UID}` : '/lists'
    const body = method === 'POST' ? { name: 'Nope' } : undefined
    const answer = await call(path, { method, body, headers: headersOf(claims) })
    expect(answer).toMatchObject({
      status,
      json: { status: 'error', code, request_id: answer.headers.get('X-Request-Id') },
    })
    expect((await a.own('/lists')).json.lists).toEqual([])
  })
})

test.each([KEY, ADMIN, CUSTOMER])('a Connection header that names %s is refused', async (name) => {
  const claims: Record<string, string> =
    name === KEY ? { [KEY]: 'own' } : { [ADMIN]: 'admin', [CUSTOMER]: 'a' }
  const answer = await call('/lists', {
    headers: { ...headersOf(claims), Connection: `close, ${name.toLowerCase()}` },
  })
  expect(answer).toMatchObject({ status: 400, json: { code: 'credentials_malformed' } })
})

test.each([
  ['query', () => call(`/lists?api_key=${a.key}&X-API-KEY=${a.key}`)],
  ['body', () => call('/lists', { body: { name: 'x', api_key: a.key } })],
  ['cookie', () => call('/lists', { headers: { Cookie: `X-API-KEY=${a.key}` } })],
  ['Authorization header', () => call('/lists', { headers: { Authorization: `Bearer ${a.key}` } })],
])('a key in the %s is not looked at', async (_, send: () => Promise<Answer>) => {
  expect(await send()).toMatchObject({ status: 401, json: { code: 'credentials_missing' } })
})

test('a customer who is named never falls back to another one', async () => {
  await b.own('/lists', { body: { name: "B's list" } })
  const answer = await call('/lists', { headers: headersOf({ [ADMIN]: 'admin', [CUSTOMER]: 'b' }) })
  expect(answer.json.lists).toMatchObject([{ name: "B's list" }])
  expect((await a.impersonated('/lists')).json.lists).toEqual([])
})

test('an admin with a session is nobody on the customer surface', async () => {
  const answer = await call('/lists', {
    headers: { Authorization: 'Bearer stw_session_x', [CUSTOMER]: a.uid },
  })
  expect(answer).toMatchObject({ status: 400, json: { code: 'admin_key_missing' } })
})

test('whoever calls with a valid key and names a customer is on record, also where the headers break the rules', async () => {
  const answers = [
    await call('/lists', { headers: headersOf({ [KEY]: 'own', [ADMIN]: 'admin', [CUSTOMER]: 'a' }) }),
    await call('/lists', { headers: headersOf({ [ADMIN]: 'admin', [CUSTOMER]: 'a+b' }) }),
    await call('/lists', { headers: headersOf({ [ADMIN]: 'admin', [CUSTOMER]: UNKNOWN_UID }) }),
    await call('/nowhere', { headers: headersOf({ [ADMIN]: 'admin', [CUSTOMER]: 'a' }) }),
    await call('/lists', { method: 'PATCH', headers: headersOf({ [ADMIN]: 'admin', [CUSTOMER]: 'a' }) }),
  ]
  const records = (await recordsOf(answers)).filter(({ stage }) => stage === 'completed')
  expect(
    records.map(({ route, customer_uid, status, result }) => [route, customer_uid, status, result]),
  ).toEqual([
    ['/lists', a.uid, 400, 'refused'],
    ['/lists', null, 400, 'refused'],
    ['/lists', UNKNOWN_UID, 404, 'refused'],
    [null, a.uid, 404, 'client_error'],
    [null, a.uid, 405, 'client_error'],
  ])
  expect(records.map(({ id }) => id)).toEqual(answers.map(({ headers }) => headers.get('X-Audit-Id')))
})

test('without a valid key nothing is recorded, and no audit id is given', async () => {
  const refused = await call('/lists', { headers: { [ADMIN]: unknownKey, [CUSTOMER]: a.uid } })
  const own = await a.own('/lists')
  expect([refused, own].map(({ headers }) => headers.get('X-Audit-Id'))).toEqual([null, null])
  await recordsOf([await a.impersonated('/lists')])
  const ids = [refused, own].map(({ headers }) => headers.get('X-Request-Id'))
  expect((await trail()).filter(({ request_id }) => ids.includes(request_id))).toEqual([])
})

/** What the runtime gives of a header whose bytes are Latin-1 (seen with a raw socket, which a test in a Worker does not have). */
const LATIN_1 = 'M\uFFFDller'

describe('header text that is not UTF-8', () => {
  test.each(['GET', 'POST'])('is no reason for a %s, and on record without it', async (method) => {
    const body = method === 'POST' ? { name: 'Nope' } : undefined
    const headers = { 'X-ADMIN-REASON': LATIN_1, 'User-Agent': LATIN_1 }
    const answer = await a.impersonated('/lists', { method, body, headers })
    expect(answer).toMatchObject({ status: 400, json: { code: 'reason_invalid' } })
    expect((await a.own('/lists')).json.lists).toEqual([])
    expect(await recordsOf([answer])).toMatchObject([
      { stage: 'completed', status: 400, result: 'refused', reason: null, user_agent: null },
    ])
  })

  test('is not kept of a User-Agent, which is no reason to refuse a call', async () => {
    const answer = await a.impersonated('/lists', { headers: { 'User-Agent': LATIN_1 } })
    expect(answer.status).toBe(200)
    expect(await recordsOf([answer])).toMatchObject([{ status: 200, user_agent: null }])
  })

  test('names no repetition', async () => {
    const headers = { 'Idempotency-Key': LATIN_1 }
    expect(await a.own('/lists', { body: { name: 'Nope' }, headers })).toMatchObject({
      status: 400,
      json: { code: 'idempotency_key_invalid' },
    })
  })
})

test.each(['Müller, 東京 🗼', '🗼'.repeat(500)])(
  'the reason %s is on record as it was typed',
  async (reason) => {
    const answer = await a.impersonated('/lists', { headers: { 'X-ADMIN-REASON': reason } })
    expect(answer.status).toBe(200)
    expect(await recordsOf([answer])).toMatchObject([{ reason }])
  },
)
