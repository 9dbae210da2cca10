import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ApiKeyInput } from '../../../src/admin/api-keys/api-key-input.ts'
import { createAccessKey } from '../../../src/auth/callers/access-key.ts'
import { customers } from '../../../src/db/schema/customers.ts'
import { lists } from '../../../src/db/schema/lists.ts'
import { adminApiKeys, admins } from '../../../src/db/schema/staff.ts'
import { fetchWith } from '../../support/bindings/bindings.ts'
import { countedBindings } from '../../support/bindings/counted-bindings.ts'
import { type Answer, type Caller, call, callerWith, customerWithCallers } from '../../support/calls/http.ts'
import { database, makeAdmin, makeAdminKey, makeCustomer, makeSession } from '../../support/factories.ts'
import { recordsOf } from '../../support/trail/audit.ts'
import { UNKNOWN_UID } from '../../support/unknown.ts'

type Customer = Awaited<ReturnType<typeof customerWithCallers>>

let customer: Customer

beforeEach(async () => {
  customer = await customerWithCallers('admin')
})

describe('the very next request is refused, in a warm isolate too,', () => {
  const now = () => Date.now()
  const ownerIs = (set: Partial<typeof admins.$inferInsert>) => () =>
    database().update(admins).set(set).where(eq(admins.id, customer.admin.adminId))
  const keyIs = (set: Partial<typeof adminApiKeys.$inferInsert>) => () =>
    database().update(adminApiKeys).set(set).where(eq(adminApiKeys.id, customer.adminKey.id))
  const customerIs = (status: 'inactive' | 'pending_delete') => () =>
    database().update(customers).set({ status }).where(eq(customers.uid, customer.uid))

  test.each([
    ['its owner is disabled', ownerIs({ disabledAt: 1 }), 'key_invalid', 'key_invalid'],
    ['its owner may only read now', ownerIs({ role: 'banking_operations' }), 'ok', 'scope_insufficient'],
    ['it is revoked', keyIs({ revokedAt: 1 }), 'key_invalid', 'key_invalid'],
    ['it has expired', () => keyIs({ expiresAt: now() })(), 'key_invalid', 'key_invalid'],
    ['it loses its scopes', keyIs({ scopes: ['audit:read'] }), 'scope_insufficient', 'scope_insufficient'],
    ['it is limited to others', keyIs({ customers: [UNKNOWN_UID] }), 'customer_unknown', 'customer_unknown'],
    ['the customer is suspended', customerIs('inactive'), 'customer_inactive', 'customer_inactive'],
    ['the customer is to be deleted', customerIs('pending_delete'), 'customer_inactive', 'customer_inactive'],
  ])('once %s', async (_, change, reading, writing) => {
    const { impersonated } = customer
    expect((await impersonated('/lists')).status).toBe(200)
    expect((await impersonated('/lists', { body: { name: 'Before' } })).status).toBe(201)
    await change()
    expect((await impersonated('/lists')).json.code ?? 'ok').toBe(reading)
    expect((await impersonated('/lists', { body: { name: 'After' } })).json.code).toBe(writing)
    const names = await database().select({ name: lists.name }).from(lists)
    expect(names).toEqual([{ name: 'Before' }])
  })

  test('once its owner is demoted, on the admin surface', async () => {
    const headers = { 'X-ADMIN-API-KEY': customer.adminKey.key }
    const path = `/admin/customers/${customer.uid}`
    const suspend = () => call(`${path}/suspend`, { method: 'POST', headers })
    expect((await suspend()).status).toBe(200)
    await ownerIs({ role: 'customer_success' })()
    expect(await suspend()).toMatchObject({ status: 403, json: { code: 'scope_insufficient' } })
    expect((await call(path, { headers })).status).toBe(200)
  })
})

describe('what a key says of addresses', () => {
  const IPV6_MAPPED = '::ffff:192.0.2.7'
  const tryFrom = async (input: Partial<ApiKeyInput>, ip: string | undefined): Promise<Answer> => {
    const { key } = await makeAdminKey(customer.admin, input)
    return callerWith({
      'X-ADMIN-API-KEY': key,
      'X-CUSTOMER-ID': customer.uid,
      ...(ip !== undefined && { 'CF-Connecting-IP': ip }),
    })('/lists')
  }

  test.each<{ name: string; input: Partial<ApiKeyInput>; ip: string | undefined; status: number }>([
    { name: 'no list, no address', input: {}, ip: undefined, status: 200 },
    { name: 'no list, any address', input: {}, ip: '203.0.113.9', status: 200 },
    { name: 'empty lists, no address', input: { ipAllow: [], ipDeny: [] }, ip: undefined, status: 200 },
    { name: 'allowed', input: { ipAllow: ['192.0.2.0/24'] }, ip: '192.0.2.255', status: 200 },
    { name: 'not among the allowed', input: { ipAllow: ['192.0.2.0/24'] }, ip: '192.0.3.0', status: 403 },
    {
      name: 'one of several allowed',
      input: { ipAllow: ['198.51.100.1/32', '192.0.2.0/25'] },
      ip: '192.0.2.127',
      status: 200,
    },
    { name: 'the first past a range', input: { ipAllow: ['192.0.2.0/25'] }, ip: '192.0.2.128', status: 403 },
    { name: 'denied', input: { ipDeny: ['192.0.2.0/24'] }, ip: '192.0.2.7', status: 403 },
    { name: 'not denied', input: { ipDeny: ['192.0.2.0/24'] }, ip: '203.0.113.9', status: 200 },
    {
      name: 'allowed and denied: deny wins',
      input: { ipAllow: ['192.0.2.0/24'], ipDeny: ['192.0.2.7/32'] },
      ip: '192.0.2.7',
      status: 403,
    },
    {
      name: 'beside what is denied',
      input: { ipAllow: ['192.0.2.0/24'], ipDeny: ['192.0.2.7/32'] },
      ip: '192.0.2.8',
      status: 200,
    },
    {
      name: 'everything denied',
      input: { ipAllow: ['192.0.2.7/32'], ipDeny: ['0.0.0.0/0'] },
      ip: '192.0.2.7',
      status: 403,
    },
    { name: 'IPv6 allowed', input: { ipAllow: ['2001:db8::/32'] }, ip: '2001:db8:ffff::1', status: 200 },
    { name: 'IPv6 not allowed', input: { ipAllow: ['2001:db8::/32'] }, ip: '2001:db9::1', status: 403 },
    { name: 'IPv6 denied', input: { ipDeny: ['2001:db8::/32'] }, ip: '2001:DB8::1', status: 403 },
    {
      name: 'IPv6 where only IPv4 is allowed',
      input: { ipAllow: ['0.0.0.0/0'] },
      ip: '2001:db8::1',
      status: 403,
    },
    { name: 'IPv4 where only IPv6 is denied', input: { ipDeny: ['::/0'] }, ip: '192.0.2.7', status: 200 },
    { name: 'IPv4 as IPv6, allowed', input: { ipAllow: ['192.0.2.0/24'] }, ip: IPV6_MAPPED, status: 200 },
    { name: 'IPv4 as IPv6, denied', input: { ipDeny: ['192.0.2.0/24'] }, ip: IPV6_MAPPED, status: 403 },
    {
      name: 'an allow and no address',
      input: { ipAllow: ['0.0.0.0/0', '::/0'] },
      ip: undefined,
      status: 403,
    },
    { name: 'a deny and no address', input: { ipDeny: ['192.0.2.7/32'] }, ip: undefined, status: 403 },
    {
      name: 'an allow and no such address',
      input: { ipAllow: ['0.0.0.0/0'] },
      ip: '192.0.2.7, 192.0.2.8',
      status: 403,
    },
    { name: 'an allow and a host name', input: { ipAllow: ['0.0.0.0/0'] }, ip: 'localhost', status: 403 },
  ])('$name', async ({ input, ip, status }) => {
    const answer = await tryFrom(input, ip)
    expect(answer.status).toBe(status)
    if (status === 403) expect(answer.json.code).toBe('ip_refused')
  })

  test('what other headers say of the address is not looked at', async () => {
    const { key } = await makeAdminKey(customer.admin, { ipAllow: ['192.0.2.7/32'] })
    const headers = {
      'X-ADMIN-API-KEY': key,
      'X-CUSTOMER-ID': customer.uid,
      'CF-Connecting-IP': '203.0.113.9',
    }
    for (const name of ['X-Forwarded-For', 'X-Real-IP', 'True-Client-IP', 'Forwarded']) {
      expect.soft((await callerWith({ ...headers, [name]: '192.0.2.7' })('/lists')).status).toBe(403)
    }
  })

  test('a refusal is on record, with the address it came from, on either surface', async () => {
    const { id, key } = await makeAdminKey(customer.admin, { ipAllow: ['192.0.2.7/32'] })
    const headers = { 'X-ADMIN-API-KEY': key, 'CF-Connecting-IP': '203.0.113.9' }
    const answers = [
      await call('/lists', { headers: { ...headers, 'X-CUSTOMER-ID': customer.uid } }),
      await call('/admin/customers', { headers }),
      await call(`/admin/customers/${customer.uid}/suspend`, { method: 'POST', headers }),
    ]
    for (const answer of answers)
      expect.soft(answer).toMatchObject({ status: 403, json: { code: 'ip_refused' } })
    const record = { api_key_id: id, ip: '203.0.113.9', status: 403, result: 'refused', stage: 'completed' }
    expect(await recordsOf(answers)).toMatchObject([
      { ...record, customer_uid: customer.uid },
      { ...record, customer_uid: null },
      { ...record, customer_uid: customer.uid, target_id: customer.uid },
    ])
  })
})

describe('last_used_at', () => {
  const START = Date.now()
  const lastUsed = async () => {
    const [row] = await database()
      .select({ at: adminApiKeys.lastUsedAt })
      .from(adminApiKeys)
      .where(eq(adminApiKeys.id, customer.adminKey.id))
    return row?.at
  }
  const at = (caller: Caller, elapsed: number, path = '/lists') =>
    caller(path, { via: (request) => fetchWith({}, request, () => START + elapsed) })

  test('is kept to the minute, without a write per request', async () => {
    const { impersonated } = customer
    expect(await lastUsed()).toBeNull()
    await at(impersonated, 0)
    expect(await lastUsed()).toBe(START)
    await at(impersonated, 59_000)
    expect(await lastUsed()).toBe(START)
    await at(impersonated, 60_000)
    expect(await lastUsed()).toBe(START + 60_000)

    const { bindings, counts } = countedBindings(env)
    await impersonated('/lists', { via: (request) => fetchWith(bindings, request, () => START + 61_000) })
    expect(counts.d1).toBe(1)
  })

  test('tells of refused attempts too, and of the admin surface', async () => {
    const { key } = customer.adminKey
    const unknown = callerWith({ 'X-ADMIN-API-KEY': key, 'X-CUSTOMER-ID': UNKNOWN_UID })
    expect((await at(unknown, 0)).status).toBe(404)
    expect(await lastUsed()).toBe(START)
    const onAdminSurface = callerWith({ 'X-ADMIN-API-KEY': key })
    expect((await at(onAdminSurface, 60_000, '/admin/customers')).status).toBe(200)
    expect(await lastUsed()).toBe(START + 60_000)
    expect((await at(onAdminSurface, 120_000, '/admin')).status).toBe(403)
    expect(await lastUsed()).toBe(START + 120_000)
  })
})

describe('X-ADMIN-API-KEY on the admin surface', () => {
  const KEY = 'X-ADMIN-API-KEY'

  test.each<[string, () => Record<string, string> | Promise<Record<string, string>>, number, string]>([
    [
      'sent twice',
      () => ({ [KEY]: `${customer.adminKey.key}, ${customer.adminKey.key}` }),
      400,
      'credentials_malformed',
    ],
    ['empty', () => ({ [KEY]: '' }), 400, 'credentials_malformed'],
    ['blank', () => ({ [KEY]: ' ' }), 400, 'credentials_malformed'],
    [
      'beside a session',
      async () => ({
        [KEY]: customer.adminKey.key,
        Authorization: `Bearer ${await makeSession((await makeAdmin()).adminId)}`,
      }),
      400,
      'credentials_ambiguous',
    ],
    [
      'beside a customer’s key',
      () => ({ [KEY]: customer.adminKey.key, 'X-API-KEY': customer.key }),
      400,
      'credentials_ambiguous',
    ],
    [
      'named by Connection',
      () => ({ [KEY]: customer.adminKey.key, Connection: KEY }),
      400,
      'credentials_malformed',
    ],
    ['of no form', () => ({ [KEY]: 'nonsense' }), 401, 'key_invalid'],
    ['of a customer', () => ({ [KEY]: customer.key }), 401, 'key_invalid'],
    ['unknown', () => ({ [KEY]: createAccessKey('admin') }), 401, 'key_invalid'],
  ])('%s is refused', async (_, headers, status, code) => {
    const answer = await call('/admin/customers', { headers: await headers() })
    expect(answer).toMatchObject({ status, json: { code } })
  })

  test('a key that needs a reason needs it here too, and the record has it', async () => {
    const { key } = await makeAdminKey(customer.admin, { requireReason: true })
    const suspend = callerWith({ [KEY]: key })
    const path = `/admin/customers/${(await makeCustomer()).uid}/suspend`
    const refused = await suspend(path, { method: 'POST' })
    expect(refused).toMatchObject({ status: 400, json: { code: 'reason_missing' } })
    const tooLong = await suspend(path, { method: 'POST', headers: { 'X-ADMIN-REASON': 'x'.repeat(501) } })
    expect(tooLong).toMatchObject({ status: 400, json: { code: 'reason_invalid' } })
    const done = await suspend(path, { method: 'POST', headers: { 'X-ADMIN-REASON': 'T-7' } })
    expect(done.status).toBe(200)
    expect((await recordsOf([refused, done])).map(({ reason, status }) => [reason, status])).toEqual([
      [null, 400],
      ['T-7', null],
      ['T-7', 200],
    ])
  })

  test('a key is no client: it cannot be used to try passwords', async () => {
    const body = { email: 'somebody@example.com', password: 'a guess' }
    const answer = await call('/admin/login', { body, headers: { [KEY]: customer.adminKey.key } })
    expect(answer).toMatchObject({ status: 403, json: { code: 'scope_insufficient' } })
    expect(await recordsOf([answer])).toMatchObject([{ api_key_id: customer.adminKey.id, result: 'refused' }])
  })
})
