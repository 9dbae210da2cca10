import { env } from 'cloudflare:workers'
import { getTableName } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { createRequest } from '../../../src/admin/account-requests/account-requests.service.ts'
import { purgeDeletedCustomers } from '../../../src/admin/customers/customer-purge.service.ts'
import { openDatabase } from '../../../src/db/client.ts'
import { ownedTables } from '../../../src/db/owned-tables.ts'
import { customers } from '../../../src/db/schema/customers.ts'
import { failingDatabase, fetchWith } from '../../support/bindings/bindings.ts'
import { countedBindings } from '../../support/bindings/counted-bindings.ts'
import { type Answer, callerWith, loggedIn } from '../../support/calls/http.ts'
import { database, makeCustomer, makeGrant } from '../../support/factories.ts'
import { seedContacts } from '../../support/seed.ts'
import { DAY_MS } from '../../support/times.ts'
import { recordsOf } from '../../support/trail/audit.ts'

type Customer = Awaited<ReturnType<typeof makeCustomer>>

let admin: Awaited<ReturnType<typeof loggedIn>>
let customer: Customer
let other: Customer
let deleted: Answer

/** Gives a customer a list with two members, and one contact more by a request that can be repeated. */
async function fill({ uid, key }: Customer) {
  const own = callerWith({ 'X-API-KEY': key })
  const list = (await own('/lists', { body: { name: 'Newsletter' } })).json.list.uid
  for (const email of ['ada@example.com', 'grace@example.com'])
    await own(`/lists/${list}/contacts`, { body: { email } })
  const headers = { 'Idempotency-Key': 'key-1' }
  await own('/contacts', { body: { email: 'alan@example.com' }, headers })
  const request = { kind: 'disable', customerUid: uid, reason: 'Ticket 4711' } as const
  await createRequest(database(), admin, request, Date.now())
  await makeGrant({ adminId: admin.adminId, customerUid: uid })
}

const rowsOf = async ({ uid }: Customer) => {
  const counts = ownedTables().map(({ table }) =>
    env.DB.prepare(`SELECT count(*) AS rows FROM ${getTableName(table)} WHERE customer_uid = ?`)
      .bind(uid)
      .first<number>('rows'),
  )
  return Promise.all(counts)
}

const purgeAfter = (elapsed: number, db = database()) => purgeDeletedCustomers(db, () => Date.now() + elapsed)

beforeEach(async () => {
  admin = await loggedIn('admin')
  customer = await makeCustomer()
  other = await makeCustomer()
  await fill(customer)
  await fill(other)
  deleted = await admin.call(`/admin/customers/${customer.uid}`, { method: 'DELETE' })
})

test('every table that holds something of a customer’s is purged, but for the trail', async () => {
  const owned = await env.DB.prepare(
    `SELECT name FROM sqlite_master
     WHERE type = 'table' AND sql GLOB '*[^a-z_]customer_uid[^a-z_]*' AND name NOT LIKE 'audit%' ORDER BY name`,
  ).all()
  const purged = ownedTables().map(({ table }) => ({ name: getTableName(table) }))
  expect(purged.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(owned.results)
})

test('for 30 days nothing goes; then all that is the customer’s does, and nothing of anybody else', async () => {
  const full = await rowsOf(customer)
  expect(full.every((rows) => rows !== null && rows > 0)).toBe(true)
  await purgeAfter(30 * DAY_MS - 60_000)
  expect(await rowsOf(customer)).toEqual(full)
  await purgeAfter(30 * DAY_MS + 1)
  expect(await rowsOf(customer)).toEqual(full.map(() => 0))
  expect(await rowsOf(other)).toEqual(full)
  expect(await admin.call(`/admin/customers/${customer.uid}`)).toMatchObject({ status: 404 })
  expect((await admin.call('/admin/customers')).json).toMatchObject({
    data: [{ customer_uid: other.uid }],
    meta: { total: 1 },
  })
})

test('the trail keeps what it says of the customer, whose uid is never given out again', async () => {
  await purgeAfter(31 * DAY_MS)
  expect(await recordsOf([deleted])).toMatchObject([
    { customer_uid: customer.uid, stage: 'received' },
    { customer_uid: customer.uid, stage: 'completed', result: 'success' },
  ])
  const again = { uid: customer.uid, email: 'new@example.com', status: 'active' as const, createdAt: 1 }
  await expect(database().insert(customers).values(again)).rejects.toMatchObject({
    cause: expect.objectContaining({ message: expect.stringContaining('given out before') }),
  })
})

describe('a run', () => {
  const roundTripsOf = async (elapsed: number) => {
    const { bindings, counts } = countedBindings(env)
    await purgeAfter(elapsed, openDatabase(bindings.DB))
    return counts.d1
  }

  test('costs one query where nothing is due, and removes what is in steps', async () => {
    expect(await roundTripsOf(0)).toBe(1)
    await seedContacts(customer.uid, 12_000)
    // Two to look for customers, one a table and two more for the contacts, one for the customer.
    expect(await roundTripsOf(31 * DAY_MS)).toBe(2 + ownedTables().length + 2 + 1)
    expect(await rowsOf(customer)).toEqual(ownedTables().map(() => 0))
  })

  test('that is cut off anywhere is gone on with by the next', async () => {
    for (let from = 1; ; from++) {
      const cutOff = openDatabase(failingDatabase({ from, times: 1 }))
      const failure = await purgeAfter(31 * DAY_MS, cutOff).catch((error: unknown) => error)
      if (!failure) break
      expect(from).toBeLessThan(20)
    }
    await purgeAfter(31 * DAY_MS)
    expect(await rowsOf(customer)).toEqual(ownedTables().map(() => 0))
    expect(await admin.call(`/admin/customers/${customer.uid}`)).toMatchObject({ status: 404 })
  })
})

test('once its time has come a customer cannot be brought back half gone', async () => {
  const activate = (elapsed: number) =>
    admin.call(`/admin/customers/${customer.uid}/activate`, {
      method: 'POST',
      // The session has a shorter life than this, so its row is made to last.
      via: (request) => fetchWith({}, request, () => Date.now() + elapsed),
    })
  await env.DB.prepare('UPDATE admin_sessions SET expires_at = ?, last_seen_at = ?')
    .bind(Date.now() + 60 * DAY_MS, Date.now() + 60 * DAY_MS)
    .run()
  expect(await activate(30 * DAY_MS + 60_000)).toMatchObject({
    status: 409,
    json: { code: 'customer_pending_delete' },
  })
  expect(await activate(30 * DAY_MS - 60_000)).toMatchObject({
    status: 200,
    json: { data: { status: 'active', purge_at: null } },
  })
  await purgeAfter(90 * DAY_MS)
  expect((await callerWith({ 'X-API-KEY': customer.key })('/contacts')).json.pagination.total).toBe(3)
})
