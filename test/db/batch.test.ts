import { env } from 'cloudflare:workers'
import { asc, eq, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { groupsInOneTrip, inOneTrip } from '../../src/db/batch.ts'
import { openDatabase } from '../../src/db/client.ts'
import { lists } from '../../src/db/schema/lists.ts'
import { database, makeCustomer } from '../support/factories.ts'
import { seedLists } from '../support/seed.ts'

/** Lists of a new customer, and the queries about them. */
async function makeLists(count: number) {
  const { uid } = await makeCustomer()
  await seedLists(uid, count)
  const db = database()
  const own = eq(lists.customerUid, uid)
  return {
    db,
    own,
    names: () => db.select({ name: lists.name }).from(lists).where(own).orderBy(asc(lists.name)),
    rename: (name: string) => db.update(lists).set({ name }).where(own).returning({ name: lists.name }),
    ends: () => db.delete(lists).where(own).returning({ uid: lists.uid }),
  }
}

test('each statement’s rows come under its name, in the order they ran', async () => {
  const { db, names, rename, ends } = await makeLists(2)
  const results = await inOneTrip(db, {
    zebra: names(),
    ant: rename('Other'),
    middle: names(),
    gone: ends(),
    after: names(),
  })
  expect(results).toEqual({
    zebra: [{ name: 'List 000001' }, { name: 'List 000002' }],
    ant: [{ name: 'Other' }, { name: 'Other' }],
    middle: [{ name: 'Other' }, { name: 'Other' }],
    gone: [{ uid: expect.any(String) }, { uid: expect.any(String) }],
    after: [],
  })
})

test('groups keep their own names, also where one has none', async () => {
  const { db, names, rename } = await makeLists(1)
  const results = await groupsInOneTrip(db, [{ list: names() }, {}, { list: rename('Other'), more: names() }])
  expect(results).toEqual([
    { list: [{ name: 'List 000001' }] },
    {},
    { list: [{ name: 'Other' }], more: [{ name: 'Other' }] },
  ])
})

test('is one round trip', async () => {
  let trips = 0
  const db = openDatabase(env.DB, { onRoundTrip: () => trips++ })
  const query = () => db.select({ uid: lists.uid }).from(lists)
  await inOneTrip(db, { one: query(), two: query(), three: query() })
  expect(trips).toBe(1)
})

test('is one transaction: where one statement fails, none has run', async () => {
  const { db, own, names, rename } = await makeLists(1)
  const fails = db.update(lists).set({ name: sql`json('')` }).where(own)
  await expect(inOneTrip(db, { renamed: rename('Other'), fails })).rejects.toThrow()
  expect(await names()).toEqual([{ name: 'List 000001' }])
})
