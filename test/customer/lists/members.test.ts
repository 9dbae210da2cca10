import { beforeEach, describe, expect, test } from 'vitest'
import { customerWithCallers } from '../../support/calls/http.ts'
import { pagesOf } from '../../support/calls/pages.ts'
import { UNKNOWN_UID } from '../../support/unknown.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>
/** The path of the members of a new list. */
let path: string

beforeEach(async () => {
  customer = await customerWithCallers()
  path = `/lists/${await makeList()}/contacts`
})

const UID = expect.stringMatching(/^[a-z0-9]{13}$/)

const makeList = async (): Promise<string> =>
  (await customer.own('/lists', { body: { name: 'Newsletter' } })).json.list.uid

const makeContact = async (email: string): Promise<string> =>
  (await customer.own('/contacts', { body: { email } })).json.contact.uid

const add = (body: object) => customer.own(path, { body })
const put = (contactUid: string, body: object) =>
  customer.own(`${path}/${contactUid}`, { method: 'PUT', body })
const remove = (contactUid: string) => customer.own(`${path}/${contactUid}`, { method: 'DELETE' })

const statusesOf = async (query = '') => {
  const { json } = await customer.own(path + query)
  return json.contacts.map(({ email, status }: Record<string, string>) => [email, status])
}

test('a contact joins a list, changes its status and leaves', async () => {
  const uid = await makeContact('ada@example.com')
  const { contact } = (await customer.own(`/contacts/${uid}`)).json
  const added = await add({ contact_uid: uid })
  expect(added.status).toBe(201)
  expect(added.json).toEqual({
    status: 'success',
    message: 'Contact added successfully',
    contact: { ...contact, status: 'subscribed' },
  })
  const shown = (await customer.own(path)).json
  expect(shown.contacts).toEqual([{ ...contact, status: 'subscribed' }])

  expect((await put(uid, { status: 'unsubscribed' })).json).toEqual({
    status: 'success',
    message: 'Contact updated successfully',
    contact: { ...contact, status: 'unsubscribed' },
  })
  expect(await statusesOf()).toEqual([['ada@example.com', 'unsubscribed']])

  expect((await remove(uid)).json).toEqual({
    status: 'success',
    message: 'Contact removed successfully',
    contact: { ...contact, status: 'unsubscribed' },
  })
  expect(await statusesOf()).toEqual([])
  expect((await customer.own(`/contacts/${uid}`)).status).toBe(200)
})

describe('by email', () => {
  test('one that is no contact yet is created with what comes along', async () => {
    const sent = { email: 'Ada@example.com', first_name: 'Ada', fields: { city: 'London' } }
    const added = await add({ ...sent, status: 'unconfirmed' })
    expect(added).toMatchObject({
      status: 201,
      json: { contact: { uid: UID, email: sent.email, status: 'unconfirmed' } },
    })
    const { contact } = (await customer.own(`/contacts/${added.json.contact.uid}`)).json
    expect(contact).toMatchObject(sent)
  })

  test('one that is a contact in any case is added as it is', async () => {
    const uid = await makeContact('Ada@example.com')
    const added = await add({ email: 'ada@EXAMPLE.com', first_name: 'Eve' })
    expect(added).toMatchObject({ status: 201, json: { contact: { uid, email: 'Ada@example.com' } } })
    expect((await customer.own(`/contacts/${uid}`)).json.contact.first_name).toBeNull()
  })

  test('of 20 at once one adds it', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => add({ email: 'ada@example.com' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)])
    expect((await customer.own(path)).json.pagination.total).toBe(1)
  })

  test('nothing is created for a list that does not exist', async () => {
    const answer = await customer.own(`/lists/${UNKNOWN_UID}/contacts`, {
      body: { email: 'ada@example.com' },
    })
    expect(answer).toMatchObject({ status: 404, json: { code: 'list_unknown' } })
    expect((await customer.own('/contacts')).json.contacts).toEqual([])
  })
})

test('adding a member again tells its status and does not change it', async () => {
  const { uid } = (await add({ email: 'ada@example.com', status: 'unsubscribed' })).json.contact
  for (const body of [{ email: 'ADA@example.com' }, { contact_uid: uid, status: 'subscribed' }]) {
    expect.soft(await add(body)).toMatchObject({
      status: 409,
      json: { code: 'member_exists', contact: { uid, status: 'unsubscribed' } },
    })
  }
  expect(await statusesOf()).toEqual([['ada@example.com', 'unsubscribed']])
})

test.each([
  ['nothing', {}, { email: ["can't be blank"] }],
  [
    'nothing but a wrong status',
    { status: 'gone' },
    { email: ["can't be blank"], status: ['is not included in the list'] },
  ],
  ['no email address', { email: 'ada' }, { email: ['is invalid'] }],
  ['no uid', { contact_uid: '../..' }, { contact_uid: ['is invalid'] }],
  [
    'both, and a name',
    { contact_uid: UNKNOWN_UID, email: 'ada@example.com', first_name: 'Ada' },
    { email: ['goes without contact_uid'], first_name: ['goes without contact_uid'] },
  ],
])('%s is invalid', async (_, body, errors) => {
  const answer = await add(body)
  expect(answer).toMatchObject({ status: 422, json: { code: 'invalid' } })
  expect(answer.json.errors).toEqual(errors)
})

test('a contact that is unknown, or not in the list, is not found', async () => {
  const outside = await makeContact('bob@example.com')
  for (const uid of [UNKNOWN_UID, outside]) {
    expect.soft(await put(uid, { status: 'blacklisted' })).toMatchObject({
      status: 404,
      json: { code: 'contact_unknown' },
    })
    expect(await remove(uid)).toMatchObject({ status: 404, json: { code: 'contact_unknown' } })
  }
  expect(await add({ contact_uid: UNKNOWN_UID })).toMatchObject({ status: 404 })
})

test('another customer’s contact cannot be added, nor its list be added to', async () => {
  const other = await customerWithCallers()
  const uid = await makeContact('ada@example.com')
  const list = (await other.own('/lists', { body: { name: 'Other' } })).json.list
  const theirs = `/lists/${list.uid}/contacts`
  expect(await other.own(theirs, { body: { contact_uid: uid } })).toMatchObject({ status: 404 })
  expect(await customer.own(theirs, { body: { contact_uid: uid } })).toMatchObject({ status: 404 })
  expect((await other.own(theirs)).json.contacts).toEqual([])
})

describe('pages', () => {
  const emails = Array.from({ length: 25 }, (_, i) => `member${String(i).padStart(2, '0')}@example.com`)
  const odd = (_: unknown, i: number) => i % 2 === 1

  beforeEach(async () => {
    for (const [i, email] of emails.entries()) {
      await add({ email, status: odd(email, i) ? 'unsubscribed' : 'subscribed' })
    }
  })

  test.each([
    ['', emails],
    ['&status=unsubscribed', emails.filter(odd)],
    ['&status=blacklisted', []],
  ])('by cursor, each member once: %s', async (filter, expected) => {
    const pages = await pagesOf(customer.own, `${path}?per_page=7${filter}`)
    for (const { pagination } of pages) expect(pagination.total).toBe(expected.length)
    const seen = pages.flatMap(({ contacts }) => contacts.map(({ email }: { email: string }) => email))
    expect(seen).toEqual(expected)
  })

  test('by number', async () => {
    const { json } = await customer.own(`${path}?page=2`)
    expect(json.contacts).toHaveLength(5)
    expect(json.pagination).toEqual({ page: 2, per_page: 20, total: 25, total_pages: 2, next_cursor: null })
  })

  test('whether an email is in the list is one question', async () => {
    const { json } = await customer.own(`${path}?email=MEMBER03@example.com`)
    expect(json.contacts).toMatchObject([{ email: emails[3], status: 'unsubscribed' }])
    expect(json.pagination.total).toBe(1)
    expect(await statusesOf('?email=member03@example.com&status=subscribed')).toEqual([])
  })
})

test('a deleted contact is out of its lists', async () => {
  const { uid } = (await add({ email: 'ada@example.com' })).json.contact
  await add({ email: 'bob@example.com' })
  await customer.own(`/contacts/${uid}`, { method: 'DELETE' })
  expect(await statusesOf()).toEqual([['bob@example.com', 'subscribed']])
  expect((await customer.own(path)).json.pagination.total).toBe(1)
})
