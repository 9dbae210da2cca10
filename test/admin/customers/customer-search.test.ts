import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { cursorAfter } from '../../../src/http/pagination.ts'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { keyCaller, loggedIn } from '../../support/calls/http.ts'
import { pagesOf } from '../../support/calls/pages.ts'
import { makeCustomer } from '../../support/factories.ts'

const MANY = 3_000

/** Of each of three terms so many rows of the index, those of the table and the end; and 1,000 that are counted. */
const rowsOf = (examined: number) => 3 * 3 * examined + 1_100

let staff: Awaited<ReturnType<typeof loggedIn>>

beforeEach(async () => {
  staff = await loggedIn('admin')
})

/** Makes customers whose first name is Same, and whose last and company name begin with it. */
const makeMany = (count: number) =>
  env.DB.prepare(
    `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
     INSERT INTO customers (uid, first_name, last_name, email, company, status, created_at)
     SELECT printf('%013d', n), 'Same', 'Same' || n, n || '@same.example', json_object('name', 'Same ' || n),
       iif(n % 1000 = 500, 'inactive', 'active'), 1 FROM numbers`,
  )
    .bind(count)
    .run()

const uids = (pages: { data: { customer_uid: string }[] }[]) =>
  pages.flatMap(({ data }) => data.map(({ customer_uid }) => customer_uid))

const cursor = (...position: (string | number)[]) => cursorAfter({ page: 40 }, position)

test('shows each customer once, by what finds it first, on pages of any size', async () => {
  const byLastName = await makeCustomer({ firstName: 'Joe', lastName: 'Annan', email: 'joe@example.com' })
  const byFirstName = await makeCustomer({ firstName: 'Anna', lastName: 'Annable', email: 'x@example.com' })
  const byCompany = await makeCustomer({ email: 'y@example.com', company: { name: 'ANN Ltd' } })
  const byEmail = await makeCustomer({ firstName: 'Anna', email: 'anna@example.com' })
  const expected = [byEmail, byFirstName, byLastName, byCompany].map(({ uid }) => uid)
  for (const perPage of [1, 2, 3, 4]) {
    const pages = await pagesOf(staff.call, `/admin/customers?search=ann&per_page=${perPage}`)
    expect.soft(uids(pages)).toEqual(expected)
    for (const { meta } of pages) expect.soft(meta.total).toBe(4)
  }
})

test('goes on from the longest name', async () => {
  const company = { name: '字'.repeat(255) }
  const made = [
    await makeCustomer({ email: 'a@x.example', company }),
    await makeCustomer({ email: 'b@x.example', company }),
  ]
  const pages = await pagesOf(staff.call, `/admin/customers?search=${encodeURIComponent('字')}&per_page=1`)
  expect(uids(pages)).toEqual(made.map(({ uid }) => uid))
})

test('refuses a cursor of something else', async () => {
  const ofOtherText = [cursor(2, '', 0), cursor(2, 'Sam', 0), cursor(2, 'Other', 0), cursor(0, 'Same1', 0)]
  for (const wrong of [cursor(1), cursor(5, 'Same', 1), cursor(-1, 'Same', 1), ...ofOtherText])
    expect
      .soft(await staff.call(`/admin/customers?search=same&cursor=${wrong}`))
      .toMatchObject({ status: 422, json: { errors: { cursor: ['is invalid'] } } })
})

test('a page by its number reads as many as a number may reach, where a status is asked for', async () => {
  await makeMany(12_000)
  for (const query of ['status=active', 'status=pending_delete', 'status=pending_delete&page=3']) {
    const { json, counts } = await counted(staff.call, `/admin/customers?search=same&${query}`)
    expect.soft(json.meta.next_cursor, query).toEqual(expect.any(String))
    expect.soft(counts.rowsRead, query).toBeLessThanOrEqual(rowsOf(10_100))
  }
})

describe('of many that match', () => {
  beforeEach(() => makeMany(MANY))

  test('a page reads a bounded part, and tells no total', async () => {
    const queries = [
      'search=same',
      'search=@same.example',
      'search=1',
      `search=same&cursor=${cursor(2, 'Same', 2_900)}`,
      `search=SAME&cursor=${cursor(3, 'Same2', 0)}`,
      `search=same&status=inactive&cursor=${cursor(2, 'Same', 0)}`,
      `search=same&status=pending_delete&cursor=${cursor(3, 'Same', 0)}`,
    ]
    for (const query of queries) {
      const { status, json, counts } = await counted(staff.call, `/admin/customers?${query}`)
      expect.soft([status, json.meta.total], query).toEqual([200, null])
      expect.soft(counts.rowsRead, query).toBeLessThanOrEqual(rowsOf(1_000))
    }
  })

  test('those of a status are found all the same, on pages that may be short', async () => {
    const pages = await pagesOf(staff.call, '/admin/customers?search=same&status=inactive')
    expect(uids(pages)).toEqual([500, 1500, 2500].map((n) => String(n).padStart(13, '0')))
  })

  test('those of a status are each on one page by its number', async () => {
    const query = '/admin/customers?search=same&status=inactive'
    const shown = await Promise.all(
      [1, 2, 3, 4].map(async (page) => uids([(await staff.call(`${query}&per_page=1&page=${page}`)).json])),
    )
    expect(shown).toEqual([...[500, 1500, 2500].map((n) => [String(n).padStart(13, '0')]), []])
    expect(uids([(await staff.call(query)).json])).toEqual(shown.flat())
  })

  test('a key of some customers searches those, and reads no others', async () => {
    const own = ['0000000002999', '0000000000007']
    const caller = await keyCaller(staff, { scopes: ['customers:read'], customers: own })
    const { json, counts } = await counted(caller, '/admin/customers?search=same&status=active')
    expect(uids([json])).toEqual(own.toReversed())
    expect(json.meta).toMatchObject({ total: 2, next_cursor: null })
    expect(counts.rowsRead).toBeLessThanOrEqual(25)
    expect((await caller('/admin/customers?search=3000@')).json.data).toEqual([])
  })
})
