import { beforeEach, describe, expect, test } from 'vitest'
import { customerWithCallers } from '../../support/calls/http.ts'
import { UNKNOWN_UID } from '../../support/unknown.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  customer = await customerWithCallers()
})

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const create = (body: object) => customer.own('/contacts', { body })

test('a contact is created, shown, replaced and deleted', async () => {
  const created = await create({
    email: 'Ada@Example.com',
    first_name: 'Ada',
    last_name: 'Lovelace',
    phone: '+44 20 7946 0000',
    fields: { city: 'London', tags: ['maths'], age: 36, vip: true, note: null },
  })
  expect(created.status).toBe(201)
  const { uid } = created.json.contact
  expect(created.json).toEqual({
    status: 'success',
    message: 'Contact created successfully',
    contact: expect.objectContaining({
      uid: expect.stringMatching(/^[a-z0-9]{13}$/),
      email: 'Ada@Example.com',
    }),
  })
  expect((await customer.own(`/contacts/${uid}`)).json).toEqual({
    status: 'success',
    contact: {
      uid,
      email: 'Ada@Example.com',
      first_name: 'Ada',
      last_name: 'Lovelace',
      phone: '+44 20 7946 0000',
      fields: { city: 'London', tags: ['maths'], age: 36, vip: true, note: null },
      created_at: TIME,
      updated_at: TIME,
    },
  })

  const replaced = await customer.own(`/contacts/${uid}`, {
    method: 'PUT',
    body: { email: 'ada@example.com' },
  })
  expect(replaced.json).toMatchObject({ message: 'Contact updated successfully', contact: { uid } })
  const replacement = { email: 'ada@example.com', first_name: null, last_name: null, phone: null, fields: {} }
  expect((await customer.own(`/contacts/${uid}`)).json.contact).toMatchObject(replacement)

  const deleted = await customer.own(`/contacts/${uid}`, { method: 'DELETE' })
  expect(deleted).toMatchObject({ status: 200, json: { message: 'Contact deleted successfully' } })
  for (const method of ['GET', 'DELETE']) {
    const answer = await customer.own(`/contacts/${uid}`, { method })
    expect.soft(answer).toMatchObject({ status: 404, json: { code: 'contact_unknown' } })
  }
})

describe('one email, one contact', () => {
  test('a second one is refused with the uid of the first, in any case', async () => {
    const { uid } = (await create({ email: 'ada@example.com' })).json.contact
    expect(await create({ email: 'ADA@example.com' })).toMatchObject({
      status: 409,
      json: { code: 'contact_exists', contact: { uid } },
    })
  })

  test('of 20 creations at once, one succeeds', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => create({ email: 'ada@example.com' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)])
    expect((await customer.own('/contacts')).json.pagination.total).toBe(1)
  })

  test('a replacement cannot take the email of another contact', async () => {
    const { uid } = (await create({ email: 'ada@example.com' })).json.contact
    const other = (await create({ email: 'bob@example.com' })).json.contact
    const put = { method: 'PUT', body: { email: 'Ada@example.com' } }
    expect(await customer.own(`/contacts/${other.uid}`, put)).toMatchObject({
      status: 409,
      json: { contact: { uid } },
    })
    expect((await customer.own(`/contacts/${other.uid}`)).json.contact.email).toBe('bob@example.com')
    expect(await customer.own(`/contacts/${UNKNOWN_UID}`, put)).toMatchObject({ status: 404 })
  })

  test('two customers may have the same', async () => {
    const other = await customerWithCallers()
    await create({ email: 'ada@example.com' })
    expect(await other.own('/contacts', { body: { email: 'ada@example.com' } })).toMatchObject({
      status: 201,
    })
  })
})

test.each([
  ['no email', {}, { email: "can't be blank" }],
  ['no email address', { email: 'ada' }, { email: 'is invalid' }],
  ['an email with a line feed', { email: 'ada@example.com\nBcc: x@example.com' }, { email: 'is invalid' }],
  [
    'an email of 255 characters',
    { email: `${'a'.repeat(243)}@example.com` },
    { email: 'is too long (maximum is 254 characters)' },
  ],
  [
    'a long name',
    { email: 'a@example.com', first_name: 'x'.repeat(256) },
    { first_name: 'is too long (maximum is 255 characters)' },
  ],
  [
    'everything wrong at once',
    { email: 1, phone: {}, fields: [1], nmae: 'Ada' },
    { email: 'is invalid', phone: 'is invalid', fields: 'is invalid', nmae: 'is unknown' },
  ],
])('%s is invalid', async (_, body, errors) => {
  const fields = Object.fromEntries(Object.entries(errors).map(([field, text]) => [field, [text]]))
  const answer = await create(body)
  expect(answer).toMatchObject({ status: 422, json: { code: 'invalid' } })
  expect(answer.json.errors).toEqual(fields)
  expect((await customer.own('/contacts')).json.pagination.total).toBe(0)
})

test('the list is filtered by the whole email in any case', async () => {
  for (const email of ['ada@example.com', 'bob@example.com', 'ada@other.example']) await create({ email })
  const answer = await customer.own('/contacts?email=ADA@example.com')
  expect(answer.json.contacts).toMatchObject([{ email: 'ada@example.com' }])
  expect(answer.json.pagination.total).toBe(1)
})
