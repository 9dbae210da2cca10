import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { customerApiKeys, idempotencyKeys } from '../../../src/db/schema/customers.ts'
import { adminApiKeys, adminSessions, admins } from '../../../src/db/schema/staff.ts'
import type { ErrorCode } from '../../../src/errors.ts'
import { fetchWith, interceptedDatabase } from '../../support/bindings/bindings.ts'
import {
  type Answer,
  type Caller,
  type CallOptions,
  callerWith,
  customerWithCallers,
  loggedIn,
  signedCaller,
} from '../../support/calls/http.ts'
import { database, makeAdmin, makeAdminKey, makeClient, makeSession } from '../../support/factories.ts'
import { recordsOf } from '../../support/trail/audit.ts'

/**
 * Keys that are being made or rolled while what lets their maker in ends: the transaction that would write the key is
 * held back until the one that ends it all has committed.
 */

let boss: Awaited<ReturnType<typeof loggedIn>>
let customer: Awaited<ReturnType<typeof customerWithCallers>>
let maker: { adminId: number; role: 'admin'; email: string }
let bySession: Caller
let byKey: Caller
let makingKeyId: string
let keysPath: string
let callingKeyId: string

beforeEach(async () => {
  boss = await loggedIn()
  customer = await customerWithCallers()
  maker = { ...(await makeAdmin('admin')), role: 'admin' }
  bySession = signedCaller(await makeClient(), await makeSession(maker.adminId))
  const { id, key } = await makeAdminKey(maker, { scopes: ['customers:keys'] })
  makingKeyId = id
  byKey = callerWith({ 'X-ADMIN-API-KEY': key })
  keysPath = `/admin/customers/${customer.uid}/api_keys`
})

const post = (path: string, body?: unknown) => boss.call(path, { method: 'POST', body })

/** What ends what lets the maker in. */
const ENDS = {
  reset_password: () => post(`/admin/reset_password/${maker.adminId}`),
  revoke_credentials: () => post(`/admin/revoke_credentials/${maker.adminId}`),
  disable: () => post(`/admin/disable/${maker.adminId}`),
  'a lower role': () => post(`/admin/role/${maker.adminId}`, { role: 'customer_success' }),
  'the end of the session': () => boss.call(`/admin/${maker.adminId}/sessions`, { method: 'DELETE' }),
  'the revocation of the API key': () => boss.call(`/admin/api_keys/${makingKeyId}`, { method: 'DELETE' }),
  'the revocation of the calling key': () => customer.own(`/api_keys/${callingKeyId}`, { method: 'DELETE' }),
} satisfies Record<string, () => Promise<Answer>>
type End = keyof typeof ENDS

/** A caller with a key that staff made for the customer. */
async function staffMadeCaller(): Promise<Caller> {
  const { id, key } = (await byKey(keysPath, { body: { name: 'Website' } })).json.data
  callingKeyId = id
  return callerWith({ 'X-API-KEY': key })
}

/** Makes a call, and something else happen before the given round trip of it to the database. */
async function holdingBack(
  trip: number,
  event: () => Promise<Answer>,
  caller: Caller,
  path: string,
  options: CallOptions,
): Promise<Answer> {
  let trips = 0
  const between: number[] = []
  const DB = interceptedDatabase(env.DB, {
    before: async () => {
      if (++trips === trip) between.push((await event()).status)
    },
  })
  const answer = await caller(path, { ...options, via: (request) => fetchWith({ DB }, request) })
  expect(between).toEqual([200])
  return answer
}

const customerKeys = () => database().select().from(customerApiKeys)
const kvNames = async () => (await env.KEYS.list({ prefix: 'admin_key:' })).keys.map(({ name }) => name)

describe('a key that staff is making for a customer', () => {
  test.each<{ via: 'a session' | 'an API key'; end: End; status: number; code: ErrorCode }>([
    { via: 'a session', end: 'reset_password', status: 401, code: 'session_invalid' },
    { via: 'a session', end: 'revoke_credentials', status: 401, code: 'session_invalid' },
    { via: 'a session', end: 'disable', status: 401, code: 'session_invalid' },
    { via: 'a session', end: 'a lower role', status: 401, code: 'session_invalid' },
    { via: 'a session', end: 'the end of the session', status: 401, code: 'session_invalid' },
    { via: 'an API key', end: 'reset_password', status: 401, code: 'key_invalid' },
    { via: 'an API key', end: 'revoke_credentials', status: 401, code: 'key_invalid' },
    { via: 'an API key', end: 'disable', status: 401, code: 'key_invalid' },
    { via: 'an API key', end: 'a lower role', status: 403, code: 'scope_insufficient' },
    { via: 'an API key', end: 'the revocation of the API key', status: 401, code: 'key_invalid' },
  ])('with $via is not made after $end: $code, as the next call', async ({ via, end, status, code }) => {
    const caller = via === 'a session' ? bySession : byKey
    const [before, options] = [await customerKeys(), { body: { name: 'Late' } }]
    const late = await holdingBack(2, ENDS[end], caller, keysPath, options)
    expect(late).toMatchObject({ status, json: { code } })
    expect(await caller(keysPath, options)).toMatchObject({ status, json: { code } })
    expect(await customerKeys()).toEqual(before)
    const [received, completed] = await recordsOf([late])
    expect(received).toMatchObject({ stage: 'received', target_type: 'customer', target_id: customer.uid })
    expect(completed).toMatchObject({ stage: 'completed', status, result: 'refused', changes: null })
  })
})

describe('a key that is being made with one of staff’s making', () => {
  const ends: End[] = [
    'reset_password',
    'revoke_credentials',
    'disable',
    'a lower role',
    'the revocation of the API key',
    'the revocation of the calling key',
  ]
  test.each(
    ends.flatMap((end) => [
      { end, headers: {}, sent: 'no Idempotency-Key' },
      { end, headers: { 'Idempotency-Key': 'once' }, sent: 'an Idempotency-Key' },
    ]),
  )('is not made after $end, with $sent', async ({ end, headers }) => {
    const caller = await staffMadeCaller()
    const before = (await customerKeys()).length
    const late = await holdingBack(2, ENDS[end], caller, '/api_keys', { headers, body: { name: 'Late' } })
    expect(late).toMatchObject({ status: 401, json: { code: 'key_invalid' } })
    expect(await customerKeys()).toHaveLength(before)
    expect(await database().select().from(idempotencyKeys)).toEqual([])
  })

  test('can be made by the same Idempotency-Key, once its maker is enabled again', async () => {
    const caller = await staffMadeCaller()
    const options = { headers: { 'Idempotency-Key': 'once' }, body: { name: 'Late' } }
    await holdingBack(2, ENDS.disable, caller, '/api_keys', options)
    await post(`/admin/enable/${maker.adminId}`)
    const made = await caller('/api_keys', options)
    expect(made).toMatchObject({ status: 201, json: { api_key: { name: 'Late' } } })
    expect(made.headers.get('Idempotent-Replayed')).toBeNull()
  })
})

test('a key that is being made with a key that its customer revokes is not made', async () => {
  const { id, key } = (await customer.own('/api_keys', { body: { name: 'Own' } })).json.api_key
  callingKeyId = id
  const end = ENDS['the revocation of the calling key']
  const options = { body: { name: 'Late' } }
  const late = await holdingBack(2, end, callerWith({ 'X-API-KEY': key }), '/api_keys', options)
  expect(late).toMatchObject({ status: 401, json: { code: 'key_invalid' } })
  expect(await customerKeys()).toHaveLength(2)
})

describe('an admin API key', () => {
  const ends: End[] = [
    'reset_password',
    'revoke_credentials',
    'disable',
    'a lower role',
    'the end of the session',
  ]

  test.each(ends)('that is being made is not made after %s: there is none, in D1 or KV', async (end) => {
    const before = await keysOfMaker()
    const late = await holdingBack(2, ENDS[end], bySession, '/admin/api_keys', { body: { name: 'Late' } })
    expect(late).toMatchObject({ status: 401, json: { code: 'session_invalid' } })
    expect(hashesOf(await keysOfMaker())).toEqual(hashesOf(before))
    expect(await unknownToD1()).toEqual([])
  })

  test.each(ends)(
    'that is being rolled keeps its secret after %s, and KV learns of no other',
    async (end) => {
      const before = await keysOfMaker()
      const path = `/admin/api_keys/${makingKeyId}/roll`
      const late = await holdingBack(2, ENDS[end], bySession, path, { body: { grace_seconds: 60 } })
      expect(late).toMatchObject({ status: 401, json: { code: 'session_invalid' } })
      expect(hashesOf(await keysOfMaker())).toEqual(hashesOf(before))
      expect(await unknownToD1()).toEqual([])
    },
  )

  test('that is being rolled keeps its secret after its own revocation, and KV learns of no other', async () => {
    const end = ENDS['the revocation of the API key']
    const late = await holdingBack(2, end, bySession, `/admin/api_keys/${makingKeyId}/roll`, { body: {} })
    expect(late).toMatchObject({ status: 409, json: { code: 'api_key_inactive' } })
    expect(await unknownToD1()).toEqual([])
  })

  const keysOfMaker = () =>
    database().select().from(adminApiKeys).where(eq(adminApiKeys.adminId, maker.adminId))
  const hashesOf = (keys: { keyHash: string; previousKeyHash: string | null }[]) =>
    keys.map(({ keyHash, previousKeyHash }) => [keyHash, previousKeyHash])
  /** What KV knows by hashes that no key has. */
  const unknownToD1 = async () => {
    const hashes = hashesOf(await database().select().from(adminApiKeys)).flat()
    return (await kvNames()).filter((name) => !hashes.includes(name.replace('admin_key:', '')))
  }
})

test('a key that is made after a revocation lets in, however far the clock of that was ahead', async () => {
  const ahead = Date.now() + 60_000
  await database().update(admins).set({ credentialsValidFrom: ahead }).where(eq(admins.id, maker.adminId))
  await database().update(adminSessions).set({ createdAt: ahead })
  await database().update(adminApiKeys).set({ createdAt: ahead })
  for (const caller of [bySession, byKey]) {
    const { key } = (await caller(keysPath, { body: { name: 'First' } })).json.data
    const withFirst = callerWith({ 'X-API-KEY': key })
    const { api_key: second } = (await withFirst('/api_keys', { body: { name: 'Second' } })).json
    expect(await callerWith({ 'X-API-KEY': second.key })('/account')).toMatchObject({ status: 200 })
  }
})
