import { beforeEach, describe, expect, test } from 'vitest'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { type Caller, customerWithCallers } from '../../support/calls/http.ts'

/** What D1 takes as one text (https://developers.cloudflare.com/d1/platform/limits/). */
const D1_TEXT_BYTES = 2_000_000

let own: Caller
let list: string

beforeEach(async () => {
  own = (await customerWithCallers()).own
  list = (await own('/lists', { body: { name: 'Newsletter' } })).json.list.uid
})

const pathOf = (kind: string) => (kind === 'contacts' ? '/contacts/bulk' : `/lists/${list}/contacts/bulk`)

interface Row {
  email?: string
  contact_uid?: string
  status?: string
  first_name?: string
  fields?: Record<string, unknown>
}

/** Rows of 8 KB, whose parts of a trip are of any size. */
const large = (count: number, letter = 'x'): Row[] =>
  Array.from({ length: count }, (_, i) => ({
    email: `person-${i}@example.com`,
    fields: { number: i, text: letter.repeat(8_000) },
  }))

const contactAt = async (email: string) => (await own(`/contacts?email=${email}`)).json.contacts[0]

describe.each([{ kind: 'contacts' }, { kind: 'members' }])('rows of 8 KB that come as $kind', ({ kind }) => {
  test.each<{ what: string; headers: Record<string, string> }>([
    { what: 'created, then updated', headers: {} },
    { what: 'with a key for repetitions', headers: { 'Idempotency-Key': 'key-1' } },
  ])('go to D1 in trips that have a bound in bytes: $what', async ({ headers }) => {
    const rows = large(1_000)
    const bytes = JSON.stringify(rows).length
    for (const outcome of ['created', 'updated']) {
      const { json, counts } = await counted(own, pathOf(kind), { body: { contacts: rows }, headers })
      expect(json).toMatchObject({ created: 0, updated: 0, invalid: 0, [outcome]: 1_000 })
      expect(json.results.map(({ row, email }: { row: number; email: string }) => [row, email])).toEqual(
        rows.map(({ email }, i) => [i + 1, email]),
      )
      // As many trips as the rows fill texts; each text is there to create and to update.
      expect(counts.d1).toBe(Math.ceil(bytes / D1_TEXT_BYTES))
      expect(counts.longestText).toBeLessThanOrEqual(D1_TEXT_BYTES)
      expect(counts.mostText).toBeLessThan(2.3 * D1_TEXT_BYTES)
      expect(counts.allText).toBeLessThan(2.3 * bytes)
      if ('Idempotency-Key' in headers) return
    }
    expect((await contactAt('person-999@example.com')).fields).toEqual(rows[999]?.fields)
  })

  test.each([
    { signs: 'quotes', letter: '"', bytes: 4 },
    { signs: 'letters of two bytes', letter: 'é', bytes: 2 },
    { signs: 'letters of three bytes', letter: '€', bytes: 3 },
  ])('of $signs are counted by what they are in D1', async ({ letter, bytes }) => {
    const rows = large(300, letter).map((row) => ({ ...row, fields: { text: letter.repeat(5_000) } }))
    const { json, counts } = await counted(own, pathOf(kind), { body: { contacts: rows } })
    expect(json.created).toBe(300)
    expect(counts.d1).toBe(Math.ceil((300 * (5_000 * bytes + 160)) / D1_TEXT_BYTES))
    expect(counts.longestText).toBeLessThanOrEqual(D1_TEXT_BYTES)
    expect((await contactAt('person-299@example.com')).fields).toEqual(rows[299]?.fields)
  })

  test('are one after another, in one trip or in two', async () => {
    const again = [
      { email: 'PERSON-0@example.com', first_name: 'Ada' },
      { email: 'person-299@example.com', fields: {} },
    ]
    const rows = [...large(300), { email: 'nobody' }, ...again, { email: 'new@example.com' }]
    const { json } = await own(pathOf(kind), { body: { contacts: rows } })
    expect(json).toMatchObject({ created: 301, updated: 2, invalid: 1 })
    expect(
      json.results.slice(299).map(({ row, result }: { row: number; result: string }) => [row, result]),
    ).toEqual([
      [300, 'created'],
      [301, 'invalid'],
      [302, 'updated'],
      [303, 'updated'],
      [304, 'created'],
    ])
    expect(await contactAt('person-0@example.com')).toMatchObject({
      email: 'PERSON-0@example.com',
      first_name: 'Ada',
      fields: { number: 0 },
    })
    expect(await contactAt('person-299@example.com')).toMatchObject({ fields: {} })
  })
})

test('a member’s status goes to D1 without the rest of the row', async () => {
  const rows = large(200).map((row) => ({ ...row, status: 'unconfirmed' }))
  const { json, counts } = await counted(own, pathOf('members'), { body: { contacts: rows } })
  expect(json.created).toBe(200)
  expect(counts.allText).toBeLessThan(2.2 * JSON.stringify(rows).length)
})

/** Rows that fill a trip, so that the one after them begins another. */
const filling = large(240)

describe('a contact that rows name by uid and by email', () => {
  const email = 'bob@example.com'

  test.each([
    { membership: 'is new to the list', before: undefined, first: 'created' },
    { membership: 'has the first status', before: 'unsubscribed', first: 'updated' },
    { membership: 'has the last status', before: 'unconfirmed', first: 'updated' },
    { membership: 'has another status', before: 'blacklisted', first: 'updated' },
  ])('ends with the status of the last: it $membership', async ({ before, first }) => {
    const outcomes: unknown[] = []
    for (const between of [[], filling]) {
      const { uid } = (await own('/contacts', { body: { email } })).json.contact
      if (before) await own(`/lists/${list}/contacts`, { body: { contact_uid: uid, status: before } })
      const rows = [
        { contact_uid: uid, status: 'unsubscribed' },
        ...between,
        { email, status: 'unconfirmed' },
      ]
      const { results } = (await own(pathOf('members'), { body: { contacts: rows } })).json
      const { contacts } = (await own(`/lists/${list}/contacts?email=${email}`)).json
      outcomes.push([results[0].result, results.at(-1).result, contacts[0].status])
      await own(`/contacts/${uid}`, { method: 'DELETE' })
    }
    expect(outcomes).toEqual([
      [first, 'updated', 'unconfirmed'],
      [first, 'updated', 'unconfirmed'],
    ])
    expect((await own(`/lists/${list}`)).json.list.contacts_count).toBe(filling.length)
  })
})
