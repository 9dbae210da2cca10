import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createHash, createHmac } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { SealingKeys } from '../../../src/crypto/sealed-secret.ts'
import { clients, usedSignatures } from '../../../src/db/schema/staff.ts'
import worker from '../../../src/index.ts'
import { failingDatabase, fetchWith, interceptedDatabase } from '../../support/bindings/bindings.ts'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { type Answer, type CallOptions, call, checksum, loggedIn } from '../../support/calls/http.ts'
import { database, makeAdmin, makeClient, makeSession, PASSWORD } from '../../support/factories.ts'

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex')
const secondsNow = () => Math.floor(Date.now() / 1000)

interface Signed {
  secret: string
  method?: string
  path: string
  body?: string | undefined
  authorization?: string
  t?: number | string
}

/** `SWI-CS` by other means than the service's own. */
function boundSignature({ secret, method = 'GET', path, body = '', authorization = '', t }: Signed): string {
  const time = t ?? secondsNow()
  const text = `${time}\n${method}\n${path}\n${sha256(body)}\n${sha256(authorization)}\n`
  return `t=${time},v2=${createHmac('sha256', secret).update(text).digest('hex')}`
}

interface Call {
  method?: string
  path: string
  body?: unknown
  /** What is signed, where it is not what is sent. */
  signed?: Partial<Signed>
  headers?: Record<string, string>
  via?: CallOptions['via']
}

let client: { id: string; secret: string }
let authorization: string

beforeEach(async () => {
  client = await makeClient()
  authorization = `Bearer ${await makeSession((await makeAdmin()).adminId)}`
})

function send({ method, path, body, signed, headers, via }: Call): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const verb = method ?? (text === undefined ? 'GET' : 'POST')
  const facts = { secret: client.secret, method: verb, path, body: text, authorization, ...signed }
  return call(path, {
    method: verb,
    body: text,
    headers: {
      'SWI-CID': client.id,
      'SWI-CS': boundSignature(facts),
      ...(text !== undefined && { 'Content-Type': 'application/json' }),
      ...(authorization && { Authorization: authorization }),
      ...headers,
    },
    ...(via && { via }),
  })
}

const refusedFor = (code: string) => ({ status: 401, json: { code } })

describe('the vector', () => {
  const T = 1_764_100_000
  const v2 = '2b73312740d32794ac9e613663c1be25391443b286ed1aefa64f635d587e4df9'
  const vector = (header: string, { path = '/admin/role/7?x=1', seconds = T } = {}) =>
    call(path, {
      body: '{"role":"admin"}',
      headers: {
        'SWI-CID': 'vector',
        'SWI-CS': header,
        Authorization: 'Bearer stw_session_abc',
        'Content-Type': 'application/json',
      },
      via: (request) => fetchWith({}, request, () => seconds * 1000),
    })

  beforeEach(async () => {
    const sealedSecret = await new SealingKeys(env.CLIENT_SECRETS_KEYS).seal('swi-test-secret', 'vector')
    await database().insert(clients).values({ id: 'vector', name: 'Vectors', sealedSecret, createdAt: 1 })
  })

  test.each([
    { name: 'as it is', header: `t=${T},v2=${v2}` },
    { name: 'in upper case', header: `t=${T},v2=${v2.toUpperCase()}` },
    { name: 'by a clock 300 s behind', header: `t=${T},v2=${v2}`, seconds: T + 300 },
    { name: 'by a clock 300 s ahead', header: `t=${T},v2=${v2}`, seconds: T - 300 },
  ])('$name is accepted: what is refused then is the session', async ({ header, seconds }) => {
    expect(await vector(header, { seconds })).toMatchObject(refusedFor('session_invalid'))
  })

  test.each([
    { name: '301 s old', header: `t=${T},v2=${v2}`, seconds: T + 301, code: 'checksum_expired' },
    { name: '301 s ahead', header: `t=${T},v2=${v2}`, seconds: T - 301, code: 'checksum_expired' },
    { name: 'with another time', header: `t=${T + 1},v2=${v2}`, code: 'checksum_mismatch' },
    { name: 'with the time written otherwise', header: `t=0${T},v2=${v2}`, code: 'checksum_mismatch' },
    { name: 'with a blank', header: `t=${T}, v2=${v2}`, code: 'checksum_mismatch' },
    { name: 'sent twice', header: `t=${T},v2=${v2}, t=${T},v2=${v2}`, code: 'checksum_mismatch' },
    { name: 'the other way round', header: `v2=${v2},t=${T}`, code: 'checksum_mismatch' },
    { name: 'of another version', header: `t=${T},v1=${v2}`, code: 'checksum_mismatch' },
    { name: 'without its time', header: `v2=${v2}`, code: 'checksum_mismatch' },
    { name: 'with an empty time', header: `t=,v2=${v2}`, code: 'checksum_mismatch' },
    { name: 'with an endless time', header: `t=${'1'.repeat(5_000)},v2=${v2}`, code: 'checksum_mismatch' },
    { name: 'with a time before time', header: `t=-${T},v2=${v2}`, code: 'checksum_mismatch' },
    { name: 'cut short', header: `t=${T},v2=${v2.slice(0, -2)}`, code: 'checksum_mismatch' },
    { name: 'with more after it', header: `t=${T},v2=${v2},v3=${v2}`, code: 'checksum_mismatch' },
    { name: 'as if it were a checksum', header: v2, code: 'checksum_mismatch' },
    {
      name: 'on another path',
      header: `t=${T},v2=${v2}`,
      path: '/admin/role/8?x=1',
      code: 'checksum_mismatch',
    },
    {
      name: 'with another query',
      header: `t=${T},v2=${v2}`,
      path: '/admin/role/7?x=2',
      code: 'checksum_mismatch',
    },
    {
      name: 'without its query',
      header: `t=${T},v2=${v2}`,
      path: '/admin/role/7',
      code: 'checksum_mismatch',
    },
  ])('$name is refused', async ({ header, code, ...options }) => {
    expect(await vector(header, options)).toMatchObject(refusedFor(code))
  })
})

describe('a bound signature', () => {
  const key = { path: '/admin/api_keys', body: { name: 'Key' } }

  test('lets every kind of call in: with a body, without, and nobody logged in', async () => {
    expect((await send({ path: '/admin' })).status).toBe(200)
    expect((await send({ path: '/admin/list?per_page=5&search_query=a%40b' })).status).toBe(200)
    expect((await send(key)).status).toBe(201)
    expect((await send({ method: 'POST', path: '/admin/logout' })).status).toBe(200)
    const { email } = await makeAdmin()
    authorization = ''
    expect((await send({ path: '/admin/login', body: { email, password: PASSWORD } })).status).toBe(200)
  })

  test.each([
    { name: 'another method', signed: { method: 'PUT' } },
    { name: 'another path', signed: { path: '/admin/api_keys/' } },
    { name: 'another body', signed: { body: '{"name":"key"}' } },
    { name: 'another session', signed: { authorization: 'Bearer stw_session_other' } },
    { name: 'no session', signed: { authorization: '' } },
    { name: 'another secret', signed: { secret: 'of somebody else' } },
  ])('of $name is refused, and leaves nothing behind', async ({ signed }) => {
    expect(await send({ ...key, signed })).toMatchObject(refusedFor('checksum_mismatch'))
    expect(await database().select().from(usedSignatures)).toEqual([])
  })

  test('of a call that changes something is good for once, in upper case too', async () => {
    const t = secondsNow()
    const again = { ...key, signed: { t } }
    expect((await send(again)).status).toBe(201)
    expect(await send(again)).toMatchObject(refusedFor('checksum_replayed'))
    const [time, hex = ''] = boundSignature({
      ...{ secret: client.secret, method: 'POST', path: key.path, body: JSON.stringify(key.body) },
      ...{ authorization, t },
    }).split(',v2=')
    const headers = { 'SWI-CS': `${time},v2=${hex.toUpperCase()}` }
    expect(await send({ ...again, headers })).toMatchObject(refusedFor('checksum_replayed'))
    expect((await send({ ...key, signed: { t: t - 1 } })).status).toBe(201)
  })

  test('of 20 simultaneous uses lets one through', async () => {
    const t = secondsNow()
    const answers = await Promise.all(Array.from({ length: 20 }, () => send({ ...key, signed: { t } })))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(401)])
  })

  test('of a call that reads can be used again', async () => {
    const read = { path: '/admin', signed: { t: secondsNow() } }
    for (let i = 0; i < 2; i++) expect((await send(read)).status).toBe(200)
    expect(await database().select().from(usedSignatures)).toEqual([])
  })

  test('is good for a stream that goes on longer than it is', async () => {
    let trips = 0
    const DB = interceptedDatabase(env.DB, {
      after: () => {
        trips++
      },
    })
    const start = Date.now()
    const now = () => start + trips * 400_000
    const via = (request: Request) => fetchWith({ DB }, request, now)
    const exported = await send({ path: '/admin/audit/export', via })
    expect(exported.status).toBe(200)
    expect(trips).toBeGreaterThan(0)
  })

  test('cannot be checked without D1, and then nothing happens', async () => {
    expectLogged('dependency_unavailable')
    const via = (request: Request) => fetchWith({ DB: failingDatabase({ from: 2 }) }, request)
    expect(await send({ ...key, via })).toMatchObject({
      status: 503,
      json: { code: 'dependency_unavailable' },
    })
    expect((await send(key)).status).toBe(201)
  })

  test.each([
    { request: 'a read', options: { path: '/admin' }, trips: 1 },
    { request: 'a write', options: key, trips: 3 },
  ])('costs $request the round trip that it takes to use it up, and no other', async ({ options, trips }) => {
    const text = 'body' in options ? JSON.stringify(options.body) : undefined
    const facts = { secret: client.secret, path: options.path, body: text, authorization }
    const signed = boundSignature({ ...facts, method: text === undefined ? 'GET' : 'POST' })
    const answer = await counted(call, options.path, {
      body: text,
      headers: {
        ...{ 'SWI-CID': client.id, 'SWI-CS': signed, Authorization: authorization },
        'Content-Type': 'application/json',
      },
    })
    expect(answer.status).toBeLessThan(300)
    expect(answer.counts.d1).toBe(trips)
  })

  test('is forgotten once it is too old to be used', async () => {
    expect((await send(key)).status).toBe(201)
    const [used] = await database().select().from(usedSignatures)
    await database()
      .insert(usedSignatures)
      .values({ clientId: client.id, signature: 'old', expiresAt: Date.now() - 1 })
    await worker.scheduled(createScheduledController(), env)
    expect(await database().select().from(usedSignatures)).toEqual([used])
    expect(used?.expiresAt).toBeGreaterThan(Date.now() + 301_000)
  })
})

describe('a client that needs bound signatures', () => {
  test('is made so, changed so and shown so', async () => {
    const boss = await loggedIn()
    const made = await boss.call('/admin/clients', {
      body: { name: 'Strict', require_bound_signatures: true },
    })
    expect(made).toMatchObject({ status: 201, json: { data: { require_bound_signatures: true } } })
    const path = `/admin/clients/${made.json.data.id}`
    const { secret: _, ...shown } = made.json.data
    const change = (body: unknown) => boss.call(path, { method: 'PATCH', body })
    expect(await change({ require_bound_signatures: false })).toMatchObject({
      status: 200,
      json: { message: 'Client updated successfully', data: { ...shown, require_bound_signatures: false } },
    })
    expect((await change({ name: 'Lax' })).json.data).toEqual({
      ...shown,
      name: 'Lax',
      require_bound_signatures: false,
    })
    expect((await change({})).json.data.name).toBe('Lax')
    expect(await change({ name: ' ' })).toMatchObject({ status: 422 })
    const unknown = await boss.call('/admin/clients/unknown', { method: 'PATCH', body: {} })
    expect(unknown).toMatchObject({ status: 404, json: { code: 'client_id_unknown' } })
  })

  test('signs every call so, from the next one on', async () => {
    const headers = () => ({ 'SWI-CID': client.id, Authorization: authorization })
    expect((await call('/admin', { headers: headers() })).status).toBe(200)
    await database().update(clients).set({ requireBoundSignatures: true })
    const plain = (body: string) => ({ ...headers(), 'SWI-CS': checksum(client.secret, body) })
    expect(await call('/admin', { headers: headers() })).toMatchObject(refusedFor('checksum_missing'))
    expect(await call('/admin', { headers: plain('') })).toMatchObject(refusedFor('checksum_mismatch'))
    const logout = { method: 'POST', headers: plain('') }
    expect(await call('/admin/logout', logout)).toMatchObject(refusedFor('checksum_mismatch'))
    const body = '{"name":"Key"}'
    const withBody = { body, headers: { ...plain(body), 'Content-Type': 'application/json' } }
    expect(await call('/admin/api_keys', withBody)).toMatchObject(refusedFor('checksum_mismatch'))
    expect((await send({ path: '/admin' })).status).toBe(200)
    expect((await send({ path: '/admin/api_keys', body: { name: 'Key' } })).status).toBe(201)
  })

  test('may use the secret before its rotation until the grace is over', async () => {
    const boss = await loggedIn()
    await boss.call(`/admin/clients/${client.id}/rotate`, { body: { grace_seconds: 60 } })
    expect((await send({ path: '/admin/api_keys', body: { name: 'Key' } })).status).toBe(201)
    const later = Date.now() + 61_000
    const via = (request: Request) => fetchWith({}, request, () => later)
    expect(await send({ path: '/admin', via })).toMatchObject(refusedFor('checksum_mismatch'))
  })
})
