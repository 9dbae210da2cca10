import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { ROLES, type Role, SCOPES, type Scope } from '../../src/auth/permissions.ts'
import { lists } from '../../src/db/schema/lists.ts'
import { admins } from '../../src/db/schema/staff.ts'
import { fetchWith } from '../support/bindings/bindings.ts'
import { call, callerWith } from '../support/calls/http.ts'
import { database, makeAdmin, makeAdminKey, makeCustomer } from '../support/factories.ts'
import { listenedQueue } from '../support/trail/audit.ts'

/** What the contract says an owner of a role can give a key at most. */
const OF_ROLE: Record<Role, Scope[]> = {
  super_admin: ['customers:read', 'customers:write', 'customers:manage', 'customers:keys', 'audit:read'],
  admin: ['customers:read', 'customers:write', 'customers:manage', 'customers:keys', 'audit:read'],
  customer_success: ['customers:read', 'customers:write'],
  banking_operations: ['customers:read'],
}

/** Every choice of scopes but none. */
const CHOICES = Array.from({ length: 2 ** SCOPES.length - 1 }, (_, i) =>
  SCOPES.filter((_scope, bit) => (i + 1) & (2 ** bit)),
)

/** Calls as a customer, and any one of the scopes that allow each. */
const asCustomer: [method: string, path: (list: string) => string, body: unknown, anyOf: Scope[]][] = [
  ['GET', () => '/lists', undefined, ['customers:read', 'customers:write']],
  ['HEAD', (list) => `/lists/${list}`, undefined, ['customers:read', 'customers:write']],
  ['POST', () => '/lists', { name: 'New' }, ['customers:write']],
  ['PUT', (list) => `/lists/${list}`, { name: 'Renamed' }, ['customers:write']],
  ['PATCH', (list) => `/lists/${list}`, { name: 'Renamed again' }, ['customers:write']],
  ['DELETE', (list) => `/lists/${list}`, undefined, ['customers:write']],
]

/** Calls to the admin surface, and any one of the scopes that allow each. */
const asAdmin: [method: string, path: (uid: string) => string, body: unknown, anyOf: Scope[]][] = [
  ['GET', () => '/admin/customers', undefined, ['customers:read', 'customers:write', 'customers:manage']],
  ['POST', (uid) => `/admin/customers/${uid}/activate`, undefined, ['customers:manage']],
  ['POST', (uid) => `/admin/customers/${uid}/api_keys`, { name: 'New' }, ['customers:keys']],
  ['GET', () => '/admin/audit', undefined, ['audit:read']],
]

let customer: Awaited<ReturnType<typeof makeCustomer>>
let list: string

beforeEach(async () => {
  customer = await makeCustomer()
  const own = callerWith({ 'X-API-KEY': customer.key })
  list = (await own('/lists', { body: { name: 'Newsletter' } })).json.list.uid
})

/** A key with these scopes, whose owner has come to this role since it was made. */
async function makeKey(role: Role, scopes: readonly Scope[]): Promise<string> {
  const owner = await makeAdmin('super_admin')
  const { key } = await makeAdminKey(owner, { scopes: [...scopes] })
  await database().update(admins).set({ role }).where(eq(admins.id, owner.adminId))
  return key
}

describe.each(ROLES)('a key of a %s', (role) => {
  test.each(CHOICES.map((scopes) => [scopes.join(', '), scopes] as const))('with %s', async (_, scopes) => {
    const key = await makeKey(role, scopes)
    const can = (anyOf: Scope[]) =>
      anyOf.some((scope) => scopes.includes(scope) && OF_ROLE[role].includes(scope))
    const { events, bindings } = listenedQueue()
    const via = (request: Request) => fetchWith(bindings, request)
    const headers = { 'X-ADMIN-API-KEY': key, 'X-CUSTOMER-ID': customer.uid }
    for (const [method, path, body, anyOf] of asCustomer) {
      const before = await database().select().from(lists)
      events.length = 0
      const { status, json } = await call(path(list), { method, body, headers, via })
      const stages = events.map(({ stage, outcome }) => [stage, outcome?.result ?? null])
      if (can(anyOf)) {
        expect(status, method).toBeLessThan(300)
        const isRead = method === 'GET' || method === 'HEAD'
        expect(stages, method).toEqual([...(isRead ? [] : [['received', null]]), ['completed', 'success']])
      } else {
        expect(status, method).toBe(403)
        if (method !== 'HEAD') expect(json.code).toBe('scope_insufficient')
        expect(stages, method).toEqual([['completed', 'refused']])
        expect(await database().select().from(lists)).toEqual(before)
      }
    }
    for (const [method, path, body, anyOf] of asAdmin) {
      const options = { method, body, headers: { 'X-ADMIN-API-KEY': key } }
      const { status } = await call(path(customer.uid), options)
      if (can(anyOf)) expect(status, path('')).toBeLessThan(300)
      else expect(status, path('')).toBe(403)
    }
  })
})
