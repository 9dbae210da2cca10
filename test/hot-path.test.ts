import { describe, expect, test } from 'vitest'
import { createAccessKey } from '../src/auth/callers/access-key.ts'
import { counted } from './support/bindings/counted-bindings.ts'
import {
  type Caller,
  type CallOptions,
  call,
  callerWith,
  customerWithCallers,
  loggedIn,
  signedCaller,
} from './support/calls/http.ts'
import { roleFor, routeTable } from './support/calls/routes.ts'
import { validBody } from './support/calls/valid-bodies.ts'
import { makeWorld } from './support/calls/world.ts'
import { makeAdmin, makeClient, makeCustomer, PASSWORD } from './support/factories.ts'

const own = async () => (await customerWithCallers()).own
const impersonated = async () => (await customerWithCallers()).impersonated
const staff = async () => (await loggedIn()).call
const withCustomerKey = (key: string) => async () => callerWith({ 'X-API-KEY': key })
const withAdminKey = (key: string) => async () =>
  callerWith({ 'X-ADMIN-API-KEY': key, 'X-CUSTOMER-ID': (await makeCustomer()).uid })

const newList = { body: { name: 'Newsletter' } }
const repeatable = {
  ...newList,
  /** Each call has a key of its own: it is no repetition. */
  get headers() {
    return { 'Idempotency-Key': crypto.randomUUID() }
  },
}

const table: {
  request: string
  caller: () => Promise<Caller>
  path: string
  options?: CallOptions
  status: number
  /** KV calls, D1 round trips one after another, queue sends. */
  cost: [kv: number, d1: number, queue: number]
}[] = [
  { request: 'GET as customer, own key', caller: own, path: '/lists', status: 200, cost: [0, 1, 0] },
  { request: 'GET impersonated', caller: impersonated, path: '/lists', status: 200, cost: [0, 1, 1] },
  {
    request: 'POST as customer',
    caller: own,
    path: '/lists',
    options: newList,
    status: 201,
    cost: [0, 1, 0],
  },
  {
    request: 'POST impersonated',
    caller: impersonated,
    path: '/lists',
    options: newList,
    status: 201,
    cost: [0, 1, 2],
  },
  {
    request: 'POST that can be repeated',
    caller: own,
    path: '/lists',
    options: repeatable,
    status: 201,
    cost: [0, 1, 0],
  },
  { request: 'GET /admin', caller: staff, path: '/admin', status: 200, cost: [0, 1, 0] },
  { request: 'GET /admin/list', caller: staff, path: '/admin/list', status: 200, cost: [0, 1, 0] },
  {
    request: 'refused: a customer key of a bad form',
    caller: withCustomerKey(`${createAccessKey('customer')}x`),
    path: '/lists',
    status: 401,
    cost: [0, 0, 0],
  },
  {
    request: 'refused: an admin key of a bad form',
    caller: withAdminKey(`${createAccessKey('admin')}x`),
    path: '/lists',
    status: 401,
    cost: [0, 0, 0],
  },
  {
    request: 'refused: an admin key that does not exist',
    caller: withAdminKey(createAccessKey('admin')),
    path: '/lists',
    status: 401,
    cost: [1, 0, 0],
  },
]

test.each(table)('$request costs no more before its answer than it has to', async (row) => {
  const caller = await row.caller()
  expect((await caller(row.path, row.options)).status).toBe(row.status)
  const { status, counts } = await counted(caller, row.path, row.options)
  expect(status).toBe(row.status)
  expect([counts.kv, counts.d1InSequence, counts.queue]).toEqual(row.cost)
  expect(counts.d1, 'round trips that wait for none of the others').toBe(counts.d1InSequence)
})

/**
 * Changes of more than one round trip: those that hash a password, send a mail or a message ask before any of that who
 * may. What is compared with codes and passkeys is read before, and which grant a customer decides on, for the record.
 * The members of a deleted list go, and who asked for access is told, while the answer is on its way.
 */
const MORE_THAN_ONE: Record<string, number> = {
  'POST /admin/new': 3,
  'POST /admin/update_password': 3,
  'POST /admin/reset_password/:id{[0-9]+}': 3,
  'POST /admin/reauthenticate': 3,
  'POST /admin/totp/confirm': 2,
  'POST /admin/passkeys': 2,
  'POST /admin/unlock/:id{[0-9]+}': 3,
  'POST /admin/audit/dead_letters/:id/replay': 3,
  'DELETE /lists/:uid': 2,
  'POST /admin/access_grants/:id/approve': 2,
  'POST /admin/access_grants/:id/decline': 2,
  'POST /access_requests/:uid/approve': 3,
  'POST /access_requests/:uid/decline': 3,
  'DELETE /access_grants/:uid': 2,
}

const CHANGES = routeTable().filter(
  ({ method, access }) => method !== 'GET' && access && access.kind !== 'client' && access.kind !== 'public',
)

test('the table holds the changes that were there when this was written, at least', () => {
  expect(CHANGES.length).toBeGreaterThan(35)
  const names = CHANGES.map(({ method, path }) => `${method} ${path}`)
  expect(names).toEqual(expect.arrayContaining(Object.keys(MORE_THAN_ONE)))
})

describe.each(CHANGES)('$method $path', (route) => {
  const { access } = route
  const own = access?.kind === 'customer' ? (['customer', 'impersonator'] as const) : (['staff'] as const)
  const callers = access?.kind === 'customer' && access.ownKeyOnly ? (['customer'] as const) : own

  test.each(callers)(
    'by a known caller (%s) is one round trip, with the proof that it may',
    async (caller) => {
      const world = await makeWorld(roleFor(route))
      const content = await validBody(route, world)
      const body = content === undefined ? undefined : JSON.stringify(content)
      const type = body === undefined ? undefined : { 'Content-Type': 'application/json' }
      const headers = { ...world.headers(caller, body), ...type }
      const known = await call(caller === 'staff' ? '/admin' : '/lists', { headers: world.headers(caller) })
      expect(known.status).toBe(200)
      const { status, counts } = await counted(call, world.path(route.path, route.method), {
        method: route.method,
        body,
        headers,
      })
      expect(status).toBeLessThan(300)
      expect(counts.d1InSequence).toBe(MORE_THAN_ONE[`${route.method} ${route.path}`] ?? 1)
    },
  )
})

test('a login costs at most one KV call, three D1 round trips and one message', async () => {
  const [client, { email }] = [await makeClient(), await makeAdmin()]
  const { status, counts } = await counted(signedCaller(client), '/admin/login', {
    body: { email, password: PASSWORD },
  })
  expect(status).toBe(200)
  expect(counts.kv).toBeLessThanOrEqual(1)
  expect(counts.d1).toBeLessThanOrEqual(3)
  expect(counts.queue).toBeLessThanOrEqual(1)
})
