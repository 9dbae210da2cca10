import { env } from 'cloudflare:workers'
import { eq, type SQL, sql } from 'drizzle-orm'
import { beforeEach, expect, test } from 'vitest'
import {
  boundedTotal,
  MAX_COUNTED,
  type PageRequest,
  paged,
  type SortKey,
  sortKey,
  startsWith,
} from '../../src/db/paging.ts'
import { contacts } from '../../src/db/schema/lists.ts'
import { database, makeCustomer } from '../support/factories.ts'
import { seedContacts } from '../support/seed.ts'

let customer: string

beforeEach(async () => {
  customer = (await makeCustomer()).uid
})

const own = () => eq(contacts.customerUid, customer)

/** Gives the customer contacts with these last names, in this order. */
const named = (lastNames: string[]) =>
  env.DB.prepare(
    `INSERT INTO contacts (uid, customer_uid, email, last_name, fields, created_at, updated_at)
     SELECT ?1 || key, ?1, key || '@example.com', value, '{}', 0, 0 FROM json_each(?2)`,
  )
    .bind(customer, JSON.stringify(lastNames))
    .run()

type Row = { id: number; name: string | null }

const BY_NAME = { name: contacts.lastName, id: contacts.id }

const rows = (key: SortKey<Row>, page: Partial<PageRequest>, matching?: SQL): Promise<Row[]> =>
  paged(
    database().select({ id: contacts.id, name: contacts.lastName }).from(contacts).$dynamic(),
    key,
    { limit: 3, offset: 0, after: undefined, ...page },
    matching,
  ).execute()

const namesOf = (found: Row[]) => found.map(({ name }) => name)

test('a sort key says the types of its columns, and where a row stands', () => {
  const key = sortKey(BY_NAME)
  expect(key.types).toEqual(['string', 'number'])
  expect(key.isDescending).toBe(false)
  expect(key.positionOf({ id: 7, name: 'Lovelace' })).toEqual(['Lovelace', 7])
  expect(key.positionOf({ id: 7, name: null })).toEqual(['', 7])
})

test('a page has as many rows as it may, where there are as many', async () => {
  await named(['a', 'b', 'c'])
  const key = sortKey(BY_NAME)
  expect(namesOf(await rows(key, {}))).toEqual(['a', 'b', 'c'])
  expect(namesOf(await rows(key, { limit: 2 }))).toEqual(['a', 'b'])
  expect(namesOf(await rows(key, { limit: 4 }))).toEqual(['a', 'b', 'c'])
  expect(namesOf(await rows(key, { offset: 2 }))).toEqual(['c'])
  expect(namesOf(await rows(key, { offset: 3 }))).toEqual([])
})

test.each([
  { direction: 'ascending', order: ['a', 'b', 'b', 'b', 'c'] },
  { direction: 'descending', order: ['c', 'b', 'b', 'b', 'a'] },
] as const)(
  'from position to position, $direction, each row comes once, in order',
  async ({ direction, order }) => {
    await named(['b', 'a', 'b', 'c', 'b'])
    const key = sortKey(BY_NAME, direction)
    const walked: Row[] = []
    for (let after: PageRequest['after']; walked.length <= 5; ) {
      const [row] = await rows(key, { after })
      if (!row) break
      walked.push(row)
      after = key.positionOf(row)
    }
    expect(namesOf(walked)).toEqual(order)
    const ids = walked.filter(({ name }) => name === 'b').map(({ id }) => id)
    expect(ids).toEqual(
      ids.toSorted((left, right) => (direction === 'ascending' ? left - right : right - left)),
    )
    expect(new Set(ids).size).toBe(3)
  },
)

test('what has to match does also past a position', async () => {
  await named(['a', 'b', 'c', 'd'])
  const found = await rows(sortKey(BY_NAME), { after: ['a', 0] }, sql`${contacts.lastName} <> 'c'`)
  expect(namesOf(found)).toEqual(['a', 'b', 'd'])
})

test.each([
  { prefix: 'ann', finds: ['ann', 'Anna', 'ANNE'] },
  { prefix: '', finds: ['%', 'a_b', 'ab', 'an', 'ann', 'Anna', 'ANNE', 'ao'] },
  { prefix: '%', finds: ['%'] },
  { prefix: 'a_', finds: ['a_b'] },
  { prefix: "a' OR 1=1 --", finds: [] },
])(
  'what begins with "$prefix", in any case and to the letter, with a cursor or without',
  async ({ prefix, finds }) => {
    await named(['%', 'a_b', 'ab', 'an', 'ann', 'Anna', 'ANNE', 'ao'])
    for (const withCursor of [false, true]) {
      const matching = startsWith(contacts.lastNameKey, prefix, withCursor)
      const found = namesOf(await rows(sortKey(BY_NAME), { limit: 100 }, matching))
      expect.soft(found.toSorted()).toEqual(finds.toSorted())
    }
  },
)

test.each([
  { there: 0, total: 0 },
  { there: 3, total: 3 },
  { there: MAX_COUNTED, total: MAX_COUNTED },
  { there: MAX_COUNTED + 1, total: null },
])('of $there rows the total is $total', async ({ there, total }) => {
  await seedContacts(customer, there)
  const ids = sql`SELECT id FROM contacts WHERE ${own()}`
  expect(await boundedTotal(database(), ids)).toEqual([{ total }])
})

test('a total counts a row once, however often a query gives it', async () => {
  await seedContacts(customer, 2)
  const ids = sql`SELECT id FROM contacts WHERE ${own()} UNION ALL SELECT id FROM contacts WHERE ${own()}`
  expect(await boundedTotal(database(), ids)).toEqual([{ total: 2 }])
})
