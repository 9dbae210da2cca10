import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { customerWithCallers } from '../../support/calls/http.ts'
import { pagesOf } from '../../support/calls/pages.ts'
import { seedContacts, seedLists } from '../../support/seed.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  customer = await customerWithCallers()
})

type Person = [email: string, firstName?: string | null, lastName?: string | null]

const PEOPLE: Person[] = [
  ['bob@example.com', 'Robert', 'Annan'],
  ['Zoe@example.com', 'ANNABEL', 'Zane'],
  ['anna@example.org', 'Anna', 'Annable'],
  ['ann@other.example', null, null],
  ['ada@EXAMPLE.com', 'Anna', 'Zed'],
  ['joann@example.net', 'Jo', 'O_Brien'],
  ['darcy@example.net', '100% Ann', "D'Arcy"],
]

const create = async (people: Person[]) => {
  for (const [email, first_name, last_name] of people) {
    await customer.own('/contacts', { body: { email, first_name, last_name } })
  }
}

const page = async (query: Record<string, string>) => {
  const { json } = await customer.own(`/contacts?${new URLSearchParams(query)}`)
  return { emails: emailsOf(json.contacts), ...json.pagination }
}

const emailsOf = (contacts: { email: string }[]) => contacts.map(({ email }) => email)

/** All pages of a search, one after another. */
async function pages(query: Record<string, string>): Promise<string[][]> {
  const found = await pagesOf(customer.own, `/contacts?${new URLSearchParams(query)}`)
  return found.map(({ contacts }) => emailsOf(contacts))
}

describe('search', () => {
  test.each([
    {
      search: 'ann',
      expected: [
        'ann@other.example',
        'anna@example.org',
        'ada@EXAMPLE.com',
        'Zoe@example.com',
        'bob@example.com',
      ],
    },
    {
      search: 'ANNA',
      expected: ['anna@example.org', 'ada@EXAMPLE.com', 'Zoe@example.com', 'bob@example.com'],
    },
    { search: 'anna@example.org', expected: ['anna@example.org'] },
    { search: 'z', expected: ['Zoe@example.com', 'ada@EXAMPLE.com'] },
    { search: 'o_', expected: ['joann@example.net'] },
    { search: '100%', expected: ['darcy@example.net'] },
    { search: "d'", expected: ['darcy@example.net'] },
    { search: '@example.com', expected: ['bob@example.com', 'Zoe@example.com', 'ada@EXAMPLE.com'] },
    { search: '@EXAMPLE.ORG', expected: ['anna@example.org'] },
    { search: '@example', expected: [] },
    { search: '@', expected: [] },
    { search: '%', expected: [] },
    { search: 'nn', expected: [] },
    { search: '\u{10FFFF}', expected: [] },
  ])('$search', async ({ search, expected }) => {
    await create(PEOPLE)
    const { emails, total, total_pages } = await page({ search })
    expect(emails).toEqual(expected)
    expect([total, total_pages]).toEqual([expected.length, Math.ceil(expected.length / 20)])
  })

  test.each(['1', '2', '3'])('shows each once, on pages of %s', async (per_page) => {
    await create(PEOPLE)
    const whole = (await page({ search: 'ann' })).emails
    expect((await pages({ search: 'ann', per_page })).flat()).toEqual(whole)
    const second = await page({ search: 'ann', per_page, page: '2' })
    expect(second.emails).toEqual(whole.slice(Number(per_page), 2 * Number(per_page)))
  })

  test.each(['1', '2', '3'])(
    'shows each of one name once, the oldest first, on pages of %s',
    async (per_page) => {
      const sames = ['a', 'b', 'c', 'd', 'e'].map((who) => `${who}@example.com`)
      await create([
        ...sames.map((email, i): Person => [email, i % 2 === 0 ? 'Mary' : 'MARY', 'Jones']),
        ['f@example.com', 'Marx', null],
        ['g@example.com', 'Marz', null],
      ])
      const found = (await pages({ search: 'mar', per_page })).flat()
      expect(found).toEqual(['f@example.com', ...sames, 'g@example.com'])
      expect((await pages({ search: 'jo', per_page })).flat()).toEqual(sames)
    },
  )

  test('finds nothing of another customer', async () => {
    await create(PEOPLE)
    const other = await customerWithCallers()
    for (const search of ['ann', '@example.com']) {
      expect.soft((await other.own(`/contacts?search=${search}`)).json.contacts).toEqual([])
    }
  })

  test('goes without the other filters', async () => {
    for (const filter of ['email=a@example.com', 'status=subscribed']) {
      expect.soft(await customer.own(`/contacts?search=a&${filter}`)).toMatchObject({
        status: 422,
        json: { errors: { search: ['goes without email and status'] } },
      })
    }
  })

  test.each([
    [2, 3, 'ann', 1],
    [2, -1, 'ann', 1],
    [2, 0.5, 'ann', 1],
    [2, 2, '', 0],
    [2, 2, 'an', 0],
  ])('takes no cursor that it never gave: [%s, %s, %s, %s]', async (...position) => {
    const cursor = btoa(JSON.stringify(position)).replace(/=+$/, '')
    const answer = await customer.own(`/contacts?search=ann&cursor=${cursor}`)
    expect(answer).toMatchObject({ status: 422, json: { errors: { cursor: ['is invalid'] } } })
  })

  test('takes no cursor of another listing', async () => {
    await create(PEOPLE)
    const { next_cursor: byAge } = await page({ per_page: '1' })
    const { next_cursor: bySearch } = await page({ per_page: '1', search: 'ann' })
    for (const query of [
      `search=ann&cursor=${byAge}`,
      `cursor=${bySearch}`,
      `search=@x.example&cursor=${bySearch}`,
    ]) {
      expect(await customer.own(`/contacts?${query}`)).toMatchObject({
        status: 422,
        json: { errors: { cursor: ['is invalid'] } },
      })
    }
  })

  test('shows each once where a thousand contacts match by email and name alike', async () => {
    await seedContacts(customer.uid, 2_500)
    await env.DB.exec("UPDATE contacts SET first_name = 'Member' || id")
    await create([['zoe@example.com', 'Members', null]])
    const found = await pages({ search: 'member', per_page: '100' })
    expect(found.flat()).toHaveLength(2_501)
    expect(new Set(found.flat()).size).toBe(2_501)
    expect(found.flat().at(-1)).toBe('zoe@example.com')
  })

  test.each([
    ['member', 1_000, 1_000],
    ['member', 1_001, null],
    ['@seed.example', 1_000, 1_000],
    ['@seed.example', 1_001, null],
  ])('%s among %i matches tells a total of %s', async (search, count, total) => {
    await seedContacts(customer.uid, count)
    expect(await page({ search })).toMatchObject({ total, total_pages: total && total / 20 })
  })
})

describe('by status', () => {
  const inList = async (statuses: Record<string, string>) => {
    const { uid } = (await customer.own('/lists', { body: { name: 'List' } })).json.list
    for (const [email, status] of Object.entries(statuses)) {
      await customer.own(`/lists/${uid}/contacts`, { body: { email, status } })
    }
    return uid
  }

  test('contacts are found that have it in any list, each once', async () => {
    await inList({ 'a@x.example': 'subscribed', 'b@x.example': 'unsubscribed', 'c@x.example': 'subscribed' })
    await inList({ 'a@x.example': 'subscribed', 'b@x.example': 'subscribed' })
    const all = ['a@x.example', 'b@x.example', 'c@x.example']
    expect(await page({ status: 'subscribed' })).toMatchObject({ emails: all, total: 3, total_pages: 1 })
    expect((await pages({ status: 'subscribed', per_page: '1' })).flat()).toEqual(all)
    expect((await page({ status: 'subscribed', per_page: '2', page: '2' })).emails).toEqual(all.slice(2))
    expect(await page({ status: 'unsubscribed' })).toMatchObject({ emails: ['b@x.example'], total: 1 })
    expect(await page({ status: 'blacklisted' })).toMatchObject({ emails: [], total: 0 })
  })

  test('and by email at once', async () => {
    await inList({ 'a@x.example': 'subscribed' })
    expect(await page({ email: 'A@x.example', status: 'subscribed' })).toMatchObject({ total: 1 })
    expect(await page({ email: 'A@x.example', status: 'unconfirmed' })).toMatchObject({
      emails: [],
      total: 0,
    })
  })

  test('a deleted list does not count, whether or not its members are gone already', async () => {
    const uid = await inList({ 'a@x.example': 'subscribed' })
    await env.DB.prepare('DELETE FROM lists WHERE uid = ?').bind(uid).run()
    expect(await page({ status: 'subscribed' })).toMatchObject({ emails: [], total: 0 })
    expect(await page({ email: 'a@x.example', status: 'subscribed' })).toMatchObject({ total: 0 })
  })

  test('another status is invalid', async () => {
    expect(await customer.own('/contacts?status=gone')).toMatchObject({
      status: 422,
      json: { errors: { status: ['is not included in the list'] } },
    })
  })
})

test.each([
  { of: 'contacts', seed: seedContacts, make: (n: number) => ({ email: `zoe${n}@example.com` }) },
  { of: 'lists', seed: seedLists, make: (n: number) => ({ name: `Zoo ${n}` }) },
])(
  'the second page of a search for $of reads nothing of those that stand before',
  async ({ of, seed, make }) => {
    await seed(customer.uid, 2_000)
    for (let n = 0; n < 3; n++) await customer.own(`/${of}`, { body: make(n) })
    const first = await customer.own(`/${of}?search=zo&per_page=2`)
    const cursor = first.json.pagination.next_cursor
    const second = await counted(customer.own, `/${of}?search=zo&per_page=2&cursor=${cursor}`)
    expect(second.json[of]).toHaveLength(1)
    expect(second.json.pagination.total).toBe(3)
    expect(second.counts.rowsRead).toBeLessThanOrEqual(60)
  },
)
