import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ApiKeyInput } from '../../../src/admin/api-keys/api-key-input.ts'
import type { Role, Scope } from '../../../src/auth/permissions.ts'
import { customerApiKeys } from '../../../src/db/schema/customers.ts'
import { admins } from '../../../src/db/schema/staff.ts'
import { fetchWith } from '../../support/bindings/bindings.ts'
import {
  type Answer,
  type Caller,
  callerWith,
  customerWithCallers,
  loggedIn,
} from '../../support/calls/http.ts'
import { database, makeAdminKey } from '../../support/factories.ts'
import { recordsOf } from '../../support/trail/audit.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>
let superAdmin: Awaited<ReturnType<typeof loggedIn>>
let admin: Awaited<ReturnType<typeof loggedIn>>
let path: string

beforeEach(async () => {
  customer = await customerWithCallers()
  superAdmin = await loggedIn('super_admin')
  admin = await loggedIn('admin')
  path = `/admin/customers/${customer.uid}/api_keys`
})

const withKey = async (input: Partial<ApiKeyInput>) => {
  const { id, key } = await makeAdminKey(admin, input)
  return { id, call: callerWith({ 'X-ADMIN-API-KEY': key }) }
}

const makeKey = async (caller: Caller): Promise<{ id: string; name: string; key: string }> => {
  const { status, json } = await caller(path, { body: { name: 'Website' } })
  expect(status).toBe(201)
  return json.data
}

const accountWith = (key: string): Promise<Answer> => callerWith({ 'X-API-KEY': key })('/account')
const post = (target: string, body?: unknown) => superAdmin.call(target, { method: 'POST', body })

describe('a key that staff made for a customer', () => {
  test('shows to the customer as theirs, under the pseudonym of its access log; and its own as its own', async () => {
    const made = await makeKey(admin.call)
    await customer.own('/api_keys', { body: { name: 'Own' } })
    const reading = callerWith({
      'X-ADMIN-API-KEY': (await makeAdminKey(admin)).key,
      'X-CUSTOMER-ID': customer.uid,
    })
    await recordsOf([await reading('/lists')])
    const [entry] = (await customer.own('/access_log')).json.entries
    const { api_keys: keys } = (await customer.own('/api_keys')).json
    expect(keys.find(({ id }: { id: string }) => id === made.id)).toMatchObject({
      name: 'Website',
      made_by: { type: 'staff', staff: entry.admin.id },
    })
    const others = keys.filter(({ id }: { id: string }) => id !== made.id)
    expect(others.map(({ made_by }: { made_by: unknown }) => made_by)).toEqual([
      { type: 'customer' },
      { type: 'customer' },
    ])
    const revoked = await customer.own(`/api_keys/${made.id}`, { method: 'DELETE' })
    expect(revoked.json.api_key.made_by).toEqual({ type: 'staff', staff: entry.admin.id })
    expect((await accountWith(made.key)).status).toBe(401)
  })

  test('is what the record of its making is about, with the customer', async () => {
    const answer = await admin.call(path, { body: { name: 'Website' } })
    expect(answer.json.data).toEqual({
      id: expect.stringMatching(/^key_\w{22}$/),
      name: 'Website',
      key: expect.stringMatching(/^stw_customer_\w{36}$/),
    })
    expect(await recordsOf([answer])).toMatchObject([
      { stage: 'received', customer_uid: customer.uid, target_type: 'customer', target_id: customer.uid },
      {
        stage: 'completed',
        customer_uid: customer.uid,
        target_type: 'api_key',
        target_id: answer.json.data.id,
      },
    ])
  })

  test.each<{ what: string; end: (maker: { adminId: number; keyId: string }) => unknown }>([
    { what: 'its maker is disabled', end: ({ adminId }) => post(`/admin/disable/${adminId}`) },
    {
      what: 'its maker is demoted to customer_success',
      end: ({ adminId }) => post(`/admin/role/${adminId}`, { role: 'customer_success' }),
    },
    {
      what: 'its maker is demoted to banking_operations',
      end: ({ adminId }) => post(`/admin/role/${adminId}`, { role: 'banking_operations' }),
    },
    {
      what: 'the credentials of its maker are ended',
      end: ({ adminId }) =>
        database()
          .update(admins)
          .set({ credentialsValidFrom: Date.now() + 1 })
          .where(eq(admins.id, adminId)),
    },
    {
      what: 'the key that made it is revoked',
      end: ({ keyId }) => admin.call(`/admin/api_keys/${keyId}`, { method: 'DELETE' }),
    },
  ])('ends when $what, from the very next request on', async ({ end }) => {
    const maker = await withKey({ scopes: ['customers:keys'] })
    const { key } = await makeKey(maker.call)
    const own = (await customer.own('/api_keys', { body: { name: 'Own' } })).json.api_key.key
    expect((await accountWith(key)).status).toBe(200)
    await end({ adminId: admin.adminId, keyId: maker.id })
    const answers = [
      await accountWith(key),
      await callerWith({ 'X-API-KEY': key })('/lists', { body: { name: 'x' } }),
    ]
    for (const answer of answers)
      expect.soft(answer).toMatchObject({ status: 401, json: { code: 'key_invalid' } })
    expect((await accountWith(own)).status).toBe(200)
  })

  test.each(['reset_password', 'revoke_credentials'])(
    'is revoked by %s of its maker, also where the clock that made it was ahead, and shows as such',
    async (action) => {
      const maker = await withKey({ scopes: ['customers:keys'] })
      const { id, key } = await makeKey(maker.call)
      await database()
        .update(customerApiKeys)
        .set({ createdAt: Date.now() + 60_000 })
        .where(eq(customerApiKeys.id, id))
      expect((await post(`/admin/${action}/${admin.adminId}`)).status).toBe(200)
      expect((await accountWith(key)).status).toBe(401)
      const { api_keys: shown } = (await customer.own('/api_keys')).json
      const revoked = shown.map((each: { id: string; revoked_at: string | null }) => [
        each.id,
        each.revoked_at !== null,
      ])
      expect(Object.fromEntries(revoked)).toMatchObject({ [id]: true })
      expect(revoked.filter(([, isRevoked]: [string, boolean]) => isRevoked)).toHaveLength(1)
    },
  )

  test('makes only keys of the same making, which end with it', async () => {
    const maker = await withKey({ scopes: ['customers:keys'] })
    const first = await makeKey(maker.call)
    const keys = [first.key]
    for (const name of ['Second', 'Third']) {
      const call = callerWith({ 'X-API-KEY': keys.at(-1) ?? '' })
      const { api_key: made } = (await call('/api_keys', { body: { name } })).json
      expect.soft(made.made_by).toEqual({ type: 'staff', staff: expect.stringMatching(/^staff_/) })
      keys.push(made.key)
    }
    const statuses = () => Promise.all(keys.map(async (key) => (await accountWith(key)).status))
    expect(await statuses()).toEqual([200, 200, 200])
    await customer.own(`/api_keys/${first.id}`, { method: 'DELETE' })
    expect(await statuses()).toEqual([401, 200, 200])
    await admin.call(`/admin/api_keys/${maker.id}`, { method: 'DELETE' })
    expect(await statuses()).toEqual([401, 401, 401])
  })

  test('ends with the time of the key that made it', async () => {
    const now = Date.now()
    const maker = await withKey({ scopes: ['customers:keys'], expiresAt: now + 60_000 })
    const { key } = await makeKey(maker.call)
    const at = (time: number) =>
      callerWith({ 'X-API-KEY': key })('/account', { via: (request) => fetchWith({}, request, () => time) })
    expect((await at(now + 59_999)).status).toBe(200)
    expect((await at(now + 60_000)).status).toBe(401)
  })

  test('of a session outlives the session, and every key of its maker', async () => {
    const other = await withKey({})
    const { key } = await makeKey(admin.call)
    await admin.call(`/admin/api_keys/${other.id}`, { method: 'DELETE' })
    await admin.call('/admin/logout', { method: 'POST' })
    expect((await accountWith(key)).status).toBe(200)
    await post(`/admin/role/${admin.adminId}`, { role: 'super_admin' })
    expect((await accountWith(key)).status).toBe(200)
  })
})

describe('who may make one', () => {
  test.each<{ scopes: Scope[] | undefined; status: number }>([
    { scopes: undefined, status: 403 },
    { scopes: ['customers:read', 'customers:write', 'customers:manage', 'audit:read'], status: 403 },
    { scopes: ['customers:keys'], status: 201 },
  ])('a key with scopes $scopes: $status', async ({ scopes, status }) => {
    const { call } = await withKey({ scopes })
    const answer = await call(path, { body: { name: 'Website' } })
    expect(answer.status).toBe(status)
    if (status === 403) expect(answer.json.code).toBe('scope_insufficient')
  })

  test('an API key has the scope only if it was asked for', async () => {
    const { json } = await superAdmin.call('/admin/api_keys', { body: { name: 'All' } })
    expect(json.data.scopes).toEqual(['customers:read', 'customers:write', 'customers:manage', 'audit:read'])
    const asked = await superAdmin.call('/admin/api_keys', {
      body: { name: 'Keys', scopes: ['customers:keys'] },
    })
    expect(asked.json.data.scopes).toEqual(['customers:keys'])
  })

  test.each<Role>(['customer_success', 'banking_operations'])('not a %s, nor a key of one', async (role) => {
    const { call } = await loggedIn(role)
    expect(await call(path, { body: { name: 'Website' } })).toMatchObject({ status: 403 })
    expect(await call('/admin/api_keys', { body: { name: 'K', scopes: ['customers:keys'] } })).toMatchObject({
      status: 422,
    })
  })

  test('a key that is limited to other customers finds no such customer', async () => {
    const other = await customerWithCallers()
    const { call } = await withKey({ scopes: ['customers:keys'], customers: [other.uid] })
    expect(await call(path, { body: { name: 'Website' } })).toMatchObject({ status: 404 })
    expect((await customer.own('/api_keys')).json.pagination.total).toBe(1)
  })
})
