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

/** A call with an admin key, of a customer's data or of the admin surface, and any one of the scopes that allow it. */
interface ScopedCall {
  method: string
  path: (ids: { list: string; customer: string }) => string
  body?: unknown
  anyOf: Scope[]
}

const CALLS: ScopedCall[] = [
  { method: 'GET', path: () => '/lists', anyOf: ['customers:read', 'customers:write'] },
  { method: 'HEAD', path: ({ list }) => `/lists/${list}`, anyOf: ['customers:read', 'customers:write'] },
  { method: 'POST', path: () => '/lists', body: { name: 'New' }, anyOf: ['customers:write'] },
  {
    method: 'PUT',
    path: ({ list }) => `/lists/${list}`,
    body: { name: 'Renamed' },
    anyOf: ['customers:write'],
  },
  {
    method: 'PATCH',
    path: ({ list }) => `/lists/${list}`,
    body: { name: 'Again' },
    anyOf: ['customers:write'],
  },
  { method: 'DELETE', path: ({ list }) => `/lists/${list}`, anyOf: ['customers:write'] },
  {
    method: 'GET',
    path: () => '/admin/customers',
    anyOf: ['customers:read', 'customers:write', 'customers:manage'],
  },
  {
    method: 'POST',
    path: ({ customer }) => `/admin/customers/${customer}/activate`,
    anyOf: ['customers:manage'],
  },
  {
    method: 'POST',
    path: ({ customer }) => `/admin/customers/${customer}/api_keys`,
    body: { name: 'New' },
    anyOf: ['customers:keys'],
  },
  { method: 'GET', path: () => '/admin/audit', anyOf: ['audit:read'] },
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
  // Not as rows: their names would be cut.
  for (const scopes of CHOICES) {
    test(`with ${scopes.join(', ')} does what both allow, on record`, async () => {
      const key = await makeKey(role, scopes)
      const { events, bindings } = listenedQueue()
      const via = (request: Request) => fetchWith(bindings, request)
      for (const { method, path, body, anyOf } of CALLS) {
        const to = path({ list, customer: customer.uid })
        const name = `${method} ${path({ list: ':uid', customer: ':uid' })}`
        const forCustomer = to.startsWith('/admin') ? undefined : { 'X-CUSTOMER-ID': customer.uid }
        const before = await database().select().from(lists)
        events.length = 0
        const headers = { 'X-ADMIN-API-KEY': key, ...forCustomer }
        const { status, json } = await call(to, { method, body, headers, via })
        const stages = events.map(({ stage, outcome }) => [stage, outcome?.result ?? null])
        if (anyOf.some((scope) => scopes.includes(scope) && OF_ROLE[role].includes(scope))) {
          const isRead = method === 'GET' || method === 'HEAD'
          expect.soft(status, name).toBeLessThan(300)
          expect
            .soft(stages, name)
            .toEqual([...(isRead ? [] : [['received', null]]), ['completed', 'success']])
        } else {
          expect.soft(status, name).toBe(403)
          if (method !== 'HEAD') expect.soft(json.code, name).toBe('scope_insufficient')
          expect.soft(stages, name).toEqual([['completed', 'refused']])
          expect.soft(await database().select().from(lists), name).toEqual(before)
        }
      }
    })
  }
})
