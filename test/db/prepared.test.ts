import { eq } from 'drizzle-orm'
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'
import { expect, onTestFinished, test, vi } from 'vitest'
import { inOneTrip } from '../../src/db/batch.ts'
import type { Database } from '../../src/db/client.ts'
import { type Bindable, type PlacesOf, prepared } from '../../src/db/prepared.ts'
import { adminApiKeys, admins, loginFailures } from '../../src/db/schema/staff.ts'
import { fetchWith } from '../support/bindings/bindings.ts'
import { type Answer, type Caller, customerWithCallers, loggedIn } from '../support/calls/http.ts'
import { database, makeAdmin, makeAdminKey, makeCustomer } from '../support/factories.ts'
import { silentBindings } from '../support/trail/audit.ts'

/** The SQL that drizzle makes from now on. */
function sqlMade(): string[] {
  const made: string[] = []
  const original = SQLiteAsyncDialect.prototype.sqlToQuery
  const spy = vi.spyOn(SQLiteAsyncDialect.prototype, 'sqlToQuery')
  onTestFinished(() => spy.mockRestore())
  spy.mockImplementation(function (this: SQLiteAsyncDialect, ...args) {
    const query = original.apply(this, args)
    made.push(query.sql)
    return query
  })
  return made
}

/** Calls whose records reach no consumer, which would make SQL of its own meanwhile. */
const withQuietQueue =
  (caller: Caller): Caller =>
  (path, options) =>
    caller(path, {
      ...options,
      via: (request) => fetchWith(silentBindings(), request),
    })

async function customer(way: 'own' | 'impersonated') {
  const callers = await customerWithCallers()
  for (const i of [1, 2, 3]) {
    await callers.own('/lists', { body: { name: `List ${i}` } })
    await callers.own('/contacts', { body: { email: `contact-${i}@example.com` } })
  }
  return callers[way]
}

async function staff() {
  for (let i = 0; i < 3; i++) await makeAdmin()
  return (await loggedIn()).call
}

const itemsOf = ({ json }: Answer): unknown[] => json.lists ?? json.contacts ?? json.data

test.each<{ path: string; as: string; caller: () => Promise<Caller>; paged?: true }>([
  { path: '/lists', as: 'the customer', caller: () => customer('own'), paged: true },
  { path: '/lists', as: 'an admin for it', caller: () => customer('impersonated'), paged: true },
  { path: '/contacts', as: 'the customer', caller: () => customer('own'), paged: true },
  { path: '/admin', as: 'an admin', caller: staff },
  { path: '/admin/list', as: 'an admin', caller: staff, paged: true },
])('a warm isolate makes no SQL for GET $path by $as', async ({ path, caller, paged }) => {
  const call = withQuietQueue(await caller())
  const read = async () => {
    const first = await call(paged ? `${path}?per_page=2` : path)
    expect(first.status).toBe(200)
    if (!paged) return [first.text]
    const cursor = (first.json.meta ?? first.json.pagination).next_cursor
    const next = await call(`${path}?per_page=2&cursor=${cursor}`)
    expect(next.status).toBe(200)
    expect(itemsOf(next)).not.toContainEqual(itemsOf(first)[0])
    return [first.text, next.text]
  }
  const cold = await read()
  const made = sqlMade()
  expect(await read()).toEqual(cold)
  expect(made).toEqual([])
})

test.each([
  { path: '/lists', as: 'own' as const },
  { path: '/lists', as: 'impersonated' as const },
  { path: '/contacts', as: 'own' as const },
])('a warm isolate makes no SQL for POST $path, $as', async ({ path, as }) => {
  const call = withQuietQueue((await customerWithCallers())[as])
  const bodies = ['ada', 'bob', 'eve'].map((name) =>
    path === '/lists' ? { name } : { email: `${name}@example.com`, fields: { name } },
  )
  const change = (body: unknown) => call(path, { method: 'POST', body })
  for (const body of bodies.slice(1)) expect((await change(body)).status).toBe(201)
  const made = sqlMade()
  expect((await change(bodies[0])).status).toBe(201)
  expect(made).toEqual([])
})

const keyOf = (db: Database, id: Bindable<string>) =>
  db
    .select({
      scopes: adminApiKeys.scopes,
      customers: adminApiKeys.customers,
      isReasonRequired: adminApiKeys.requireReason,
      owner: { email: admins.email, hasChangedPassword: admins.hasChangedPassword },
      failures: { failedAt: loginFailures.failedAt, lockedUntil: loginFailures.lockedUntil },
    })
    .from(adminApiKeys)
    .innerJoin(admins, eq(admins.id, adminApiKeys.adminId))
    .leftJoin(loginFailures, eq(loginFailures.emailHash, admins.emailHash))
    .where(eq(adminApiKeys.id, id))

const preparedKeyOf = prepared((db, { id }: PlacesOf<{ id: string }>) => keyOf(db, id))

test('its rows are mapped as those of the same query that is not prepared, for each request its own', async () => {
  const owner = await makeAdmin()
  const plain = await makeAdminKey(owner)
  const { uid } = await makeCustomer()
  const limited = await makeAdminKey(owner, { customers: [uid], requireReason: true })
  const rowsOf = async (id: string) => {
    const db = database()
    const rows = await inOneTrip(db, { prepared: preparedKeyOf(db, { id }), anew: keyOf(db, id) })
    expect(rows.prepared).toEqual(rows.anew)
    return rows.prepared
  }
  const [[ofPlain], [ofLimited], ofNone] = await Promise.all([
    rowsOf(plain.id),
    rowsOf(limited.id),
    rowsOf('none'),
  ])
  expect(ofPlain).toMatchObject({ customers: null, isReasonRequired: false, failures: null })
  expect(ofLimited).toMatchObject({ customers: [uid], isReasonRequired: true })
  expect(ofLimited?.owner).toEqual({ email: owner.email, hasChangedPassword: true })
  expect(ofNone).toEqual([])
})
