import { beforeEach, describe, expect, test } from 'vitest'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { type Answer, type Caller, customerWithCallers } from '../../support/calls/http.ts'
import { UNKNOWN_UID } from '../../support/unknown.ts'

let own: Caller
let impersonated: Caller
let list: string

beforeEach(async () => {
  ;({ own, impersonated } = await customerWithCallers())
  list = (await own('/lists', { body: { name: 'Newsletter' } })).json.list.uid
})

const bulk = (contacts: unknown, caller = own, uid = list): Promise<Answer> =>
  caller(`/lists/${uid}/contacts/bulk`, { body: { contacts } })

async function membersByEmail(): Promise<Record<string, { status: string; first_name: string | null }>> {
  const { contacts } = (await own(`/lists/${list}/contacts?per_page=100`)).json
  return Object.fromEntries(contacts.map((contact: { email: string }) => [contact.email, contact]))
}

const [ada, bob] = ['ada@example.com', 'bob@example.com']

test('contacts are put into the list by email or uid, and created where there is none', async () => {
  const { uid } = (await own('/contacts', { body: { email: bob } })).json.contact
  const answer = await bulk([
    { email: ada, first_name: 'Ada', status: 'unconfirmed' },
    { contact_uid: uid },
    { email: 'nobody' },
    { contact_uid: UNKNOWN_UID },
    { status: 'subscribed' },
    { email: ada, contact_uid: uid },
    { email: 'eve@example.com', status: 'gone' },
  ])
  expect(answer.json).toEqual({
    status: 'success',
    created: 2,
    updated: 0,
    invalid: 5,
    results: [
      { row: 1, email: ada, result: 'created', uid: expect.stringMatching(/^[a-z0-9]{13}$/) },
      { row: 2, email: bob, result: 'created', uid },
      { row: 3, result: 'invalid', errors: { email: ['is invalid'] } },
      { row: 4, result: 'invalid', errors: { contact_uid: ['does not exist'] } },
      { row: 5, result: 'invalid', errors: { email: ["can't be blank"] } },
      { row: 6, result: 'invalid', errors: { email: ['goes without contact_uid'] } },
      { row: 7, result: 'invalid', errors: { status: ['is not included in the list'] } },
    ],
  })
  expect(await membersByEmail()).toMatchObject({
    [ada]: { status: 'unconfirmed', first_name: 'Ada' },
    [bob]: { status: 'subscribed' },
  })
  expect((await own('/contacts')).json.pagination.total).toBe(2)
  expect((await own(`/lists/${list}`)).json.list.contacts_count).toBe(2)
})

describe('a contact that is in the list', () => {
  beforeEach(() => bulk([{ email: ada, first_name: 'Ada', status: 'unsubscribed' }]))

  test.each([
    {
      name: 'keeps its status',
      row: { email: ada },
      expected: { status: 'unsubscribed', first_name: 'Ada' },
    },
    {
      name: 'gets the status that a row names',
      row: { email: ada, status: 'blacklisted' },
      expected: { status: 'blacklisted' },
    },
    {
      name: 'changes as the row says',
      row: { email: 'ADA@example.com', first_name: 'A.' },
      expected: { status: 'unsubscribed', first_name: 'A.' },
    },
  ])('$name', async ({ row, expected }) => {
    expect((await bulk([row])).json).toMatchObject({ created: 0, updated: 1 })
    expect(Object.values(await membersByEmail())).toMatchObject([expected])
    expect((await own(`/lists/${list}/contacts?status=${expected.status}`)).json.pagination.total).toBe(1)
  })
})

test('an email that is there twice is created by its first row and updated by the next', async () => {
  const answer = await bulk([{ email: ada }, { email: ada.toUpperCase(), status: 'unconfirmed' }])
  expect(answer.json).toMatchObject({
    created: 1,
    updated: 1,
    results: [{ result: 'created' }, { result: 'updated' }],
  })
  expect(Object.values(await membersByEmail())).toMatchObject([{ status: 'unconfirmed' }])
})

test('CSV may name contacts by uid', async () => {
  const { uid } = (await own('/contacts', { body: { email: bob } })).json.contact
  const answer = await own(`/lists/${list}/contacts/bulk`, {
    body: `contact_uid,status\n${uid},unsubscribed\n`,
    headers: { 'Content-Type': 'text/csv' },
  })
  expect(answer.json).toMatchObject({ created: 1, results: [{ email: bob, uid }] })
})

describe('another customer’s', () => {
  test.each([
    { name: 'list is not there, and nothing is written', rows: [{ email: ada }] },
    { name: 'list is not there for no rows either', rows: [] },
  ])('$name', async ({ rows }) => {
    const other = await customerWithCallers()
    expect(await bulk(rows, other.own)).toMatchObject({ status: 404, json: { code: 'list_unknown' } })
    expect((await other.own('/contacts')).json.pagination.total).toBe(0)
    expect((await own(`/lists/${list}`)).json.list.contacts_count).toBe(0)
  })

  test('contact is not there', async () => {
    const other = await customerWithCallers()
    const { uid } = (await other.own('/contacts', { body: { email: ada } })).json.contact
    expect((await bulk([{ contact_uid: uid }])).json.results).toMatchObject([
      { errors: { contact_uid: ['does not exist'] } },
    ])
  })
})

test('10,000 rows cost ten round trips, and are read by key', async () => {
  const rows = Array.from({ length: 10_000 }, (_, i) => ({ email: `person-${i}@example.com` }))
  for (const [outcome, status] of [
    ['created', undefined],
    ['updated', 'unconfirmed'],
  ] as const) {
    const contacts = rows.map((row) => ({ ...row, status }))
    const { json, counts } = await counted(own, `/lists/${list}/contacts/bulk`, { body: { contacts } })
    expect(json).toMatchObject({ created: 0, updated: 0, invalid: 0, [outcome]: 10_000 })
    expect(counts.d1).toBe(10)
    expect(counts.rowsRead).toBeLessThan(40 * 10_000)
  }
  expect((await own(`/lists/${list}/contacts?status=unconfirmed`)).json.pagination.total).toBe(10_000)
})

test('an admin that acts for the customer gets the same', async () => {
  const [first, second] = [await bulk([{ email: ada }], impersonated), await bulk([{ email: ada }])]
  expect([first.json.created, second.json.updated]).toEqual([1, 1])
  expect(second.json.results[0].uid).toBe(first.json.results[0].uid)
})
