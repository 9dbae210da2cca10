import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Answer, type Caller, customerWithCallers, loggedIn } from '../support/calls/http.ts'
import { MULTIPART, multipartOf } from '../support/calls/multipart.ts'

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

let own: Caller

beforeEach(async () => {
  own = (await customerWithCallers()).own
})

const contactOf = async (answer: Answer) => (await own(`/contacts/${answer.json.contact?.uid}`)).json.contact

/** Names and values as PHP's http_build_query nests them. */
function entriesOf(value: unknown, name: string): [string, string][] {
  if (typeof value === 'string') return [[name, value]]
  return Object.entries(value as object).flatMap(([key, member]) => entriesOf(member, `${name}[${key}]`))
}

const urlencoded = (entries: [string, string][]) => new URLSearchParams(entries).toString()

const escapedName = (name: string) =>
  name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22').replaceAll('\\', '\\\\')

const multipart = (entries: [string, string][]) =>
  multipartOf(
    ...entries.map(([name, value]): [string, string] => [
      `Content-Disposition: form-data; name="${escapedName(name)}"`,
      value,
    ]),
  )

/** Names that a form can say, among them those that objects of JavaScript have, and numbers. */
const names = fc.oneof(
  fc.constantFrom(
    'constructor',
    'toString',
    'valueOf',
    '__proto__',
    'hasOwnProperty',
    '5',
    '100',
    '007',
    '-1',
  ),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((name) => name.isWellFormed() && !/[[\]\0]|%(22|0d|0a)|^=\?/i.test(name)),
)
const texts = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('"', '=', '&', '+', '%', '\r', '\n', ' ', ';', '\ufeff'),
      fc.string({ unit: 'grapheme', maxLength: 1 }),
    ),
    maxLength: 20,
  })
  .filter((text) => text.isWellFormed() && !text.includes('\0'))

const { fields: allFields } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    texts,
    fc.array(tie('value'), { minLength: 1, maxLength: 4 }),
    tie('fields'),
  ),
  fields: fc
    .uniqueArray(fc.tuple(names, tie('value')), { selector: ([name]) => name, minLength: 1, maxLength: 5 })
    .map((members) => Object.fromEntries(members)),
}))

test('the same data is stored alike, whatever it was sent as', async () => {
  await fc.assert(
    fc.asyncProperty(texts, allFields, async (phone, fields) => {
      const email = `${crypto.randomUUID()}@example.com`
      const entries: [string, string][] = [['phone', phone], ...entriesOf(fields, 'fields')]
      const { uid } = (await own('/contacts', { body: { email } })).json.contact
      const stored = async (body: unknown, headers: Record<string, string> = {}) => {
        const answer = await own(`/contacts/${uid}`, { method: 'PUT', body, headers })
        expect([answer.status, answer.json.errors]).toEqual([200, undefined])
        return JSON.stringify((await contactOf(answer)).fields)
      }
      const all: [string, string][] = [['email', email], ...entries]
      const expected = await stored({ email, phone, fields })
      expect(await stored(urlencoded(all), FORM)).toBe(expected)
      expect(await stored(multipart(all), MULTIPART)).toBe(expected)
    }),
    { seed: 20_261_125, numRuns: 60 },
  )
}, 120_000)

describe('fields of a form', () => {
  test.each([
    { form: 'fields[constructor]=x', fields: { constructor: 'x' } },
    { form: 'fields[addr][5]=x', fields: { addr: { 5: 'x' } } },
    { form: 'fields[0]=x&fields[1]=y', fields: { 0: 'x', 1: 'y' } },
    { form: 'fields[1000]=x', fields: { 1000: 'x' } },
    { form: 'fields[tags][]=a&fields[tags][]=b', fields: { tags: ['a', 'b'] } },
    { form: 'fields[tags][1]=b&fields[tags][0]=a', fields: { tags: ['a', 'b'] } },
    { form: 'fields[tags][00]=b', fields: { tags: { '00': 'b' } } },
    { form: 'fields[a][__proto__][b]=c', fields: { a: JSON.parse('{"__proto__":{"b":"c"}}') } },
    { form: `fields${'[a]'.repeat(100)}=x`, fields: expect.objectContaining({ a: expect.anything() }) },
    { form: `${'fields[a][]=x&'.repeat(300)}`, fields: { a: Array(300).fill('x') } },
  ])('$form', async ({ form, fields }) => {
    const answer = await own('/contacts', { headers: FORM, body: `email=ada@example.com&${form}` })
    const stored = (await contactOf(answer)).fields
    expect(stored).toEqual(fields)
    expect(Object.keys(stored)).toEqual(Object.keys(stored))
  })
})

describe('what a form cannot say is invalid:', () => {
  test.each([
    { form: 'fields=x', field: 'fields' },
    { form: 'fields[]=x', field: 'fields' },
    { form: 'fields[a]=1&fields[a]=2', field: 'fields' },
    { form: 'fields[a]=1&fields[a][b]=2', field: 'fields' },
    { form: 'fields[a][]=1&fields[a][b]=2', field: 'fields' },
    { form: 'fields[a][]=1&fields[a][0]=2', field: 'fields' },
    { form: 'fields[a%00]=1', field: 'fields' },
    { form: 'fields[a]=%00', field: 'fields' },
    { form: `fields${'[a]'.repeat(101)}=x`, field: 'fields' },
    { form: 'phone=1&phone=2', field: 'phone' },
    { form: 'phone[]=1', field: 'phone' },
    { form: 'phone[a]=1', field: 'phone' },
    { form: 'fields[a[b]]=1', field: 'fields[a[b]]' },
    { form: 'fields[a=1', field: 'fields[a' },
    { form: 'fields[a]b=1', field: 'fields[a]b' },
    { form: 'fields[][a]=1', field: 'fields[][a]' },
    { form: 'constructor=1', field: 'constructor' },
    { form: '__proto__[a]=1', field: '__proto__' },
    { form: '=1', field: '' },
  ])('$form', async ({ form, field }) => {
    const answer = await own('/contacts', { headers: FORM, body: `email=ada@example.com&${form}` })
    expect(answer.status).toBe(422)
    expect(Object.keys(answer.json.errors)).toEqual([field])
    expect((await own('/contacts')).json.pagination.total).toBe(0)
  })
})

test.each(['name=%E0%A4%A', 'name=%', 'name=%E4', '%ff=x', 'name=%ED%A0%80'])(
  'the escape in %s is malformed',
  async (body) => {
    expect(await own('/lists', { headers: FORM, body })).toMatchObject({
      status: 400,
      json: { code: 'malformed_body' },
    })
  },
)

describe('a list of a form', () => {
  const newKey = async (form: string) => {
    const { call } = await loggedIn()
    return call('/admin/api_keys', { body: `name=Key&${form}`, headers: FORM })
  }

  test.each(
    [
      'ip_allow=10.0.0.0/8&ip_allow=192.0.2.1/32',
      'ip_allow[]=10.0.0.0/8&ip_allow[]=192.0.2.1/32',
      'ip_allow[0]=10.0.0.0/8&ip_allow[1]=192.0.2.1/32',
      'ip_allow%5B1%5D=192.0.2.1/32&ip_allow%5B0%5D=10.0.0.0/8',
    ].map((form) => ({ form })),
  )('$form', async ({ form }) => {
    expect(await newKey(form)).toMatchObject({
      status: 201,
      json: { data: { ip_allow: ['10.0.0.0/8', '192.0.2.1/32'] } },
    })
  })

  test('of one item needs no brackets', async () => {
    expect(await newKey('scopes=customers:read')).toMatchObject({
      status: 201,
      json: { data: { scopes: ['customers:read'] } },
    })
  })

  test.each([
    'ip_allow[x]=10.0.0.0/8',
    'ip_allow[constructor]=10.0.0.0/8',
    'ip_allow[__proto__]=10.0.0.0/8',
    'ip_allow[1]=10.0.0.0/8',
    'ip_allow[0]=10.0.0.0/8&ip_allow[2]=10.0.0.0/8',
    'ip_allow[0][a]=10.0.0.0/8',
    'ip_allow[0]=10.0.0.0/8&ip_allow=10.0.0.0/8',
    'ip_allow=',
    'ip_allow[]=',
    'ip_deny[toString]=10.0.0.0/8',
    'customers[a]=aaaaaaaaaaaaa',
    'scopes[a]=customers:read',
    'expires_at[]=2030-01-01',
    'require_reason[a]=1',
  ])('%s makes no key without its limit', async (form) => {
    expect((await newKey(form)).status).toBe(422)
  })

  test('is refused where a file comes in its place', async () => {
    const { call } = await loggedIn()
    const body =
      '--b\r\nContent-Disposition: form-data; name=name\r\n\r\nKey\r\n--b\r\nContent-Disposition: form-data; name=ip_allow; filename=a\r\n\r\n10.0.0.0/8\r\n--b--\r\n'
    expect(await call('/admin/api_keys', { body, headers: MULTIPART })).toMatchObject({
      status: 422,
      json: { errors: { 'ip_allow.0': ['is invalid'] } },
    })
  })
})

test('10,000 rows come as a form too', async () => {
  const form = Array.from({ length: 10_000 }, (_, i) => `contacts[${i}][email]=a${i}@example.com`).join('&')
  const answer = await own('/contacts/bulk', { headers: FORM, body: form })
  expect(answer.json).toMatchObject({ created: 10_000, invalid: 0 })
  const tooMany = await own('/contacts/bulk', {
    headers: FORM,
    body: `${form}&contacts[10000][email]=b@x.example`,
  })
  expect(tooMany).toMatchObject({ status: 413, json: { code: 'too_many_rows' } })
})

test('names that nest so that a megabyte of them would be a hundred in memory are too large', async () => {
  const entries = Array.from({ length: 3_200 }, (_, i) => `fields[${i}]${'[a]'.repeat(99)}=`)
  const answer = await own('/contacts', { headers: FORM, body: entries.join('&') })
  expect(answer).toMatchObject({ status: 413, json: { code: 'body_too_large' } })
})

test('PHP’s empty array is an empty object wherever one is expected', async () => {
  const headers = { 'Content-Type': 'application/json' }
  const created = await own('/contacts', { headers, body: '{"email":"ada@example.com","fields":[]}' })
  expect((await contactOf(created)).fields).toEqual({})
  const uid = created.json.contact.uid
  expect((await own(`/contacts/${uid}`, { method: 'PATCH', headers, body: '[]' })).status).toBe(200)
  const { call } = await loggedIn()
  const customer = { email: 'c@example.com', first_name: 'Ada', last_name: 'L', company: [] }
  expect((await call('/admin/customers', { body: customer })).json.data.company).toMatchObject({ name: null })
  const bulk = await own('/contacts/bulk', { headers, body: '{"contacts":[[]]}' })
  expect(bulk.json.results[0].errors).toEqual({ email: ["can't be blank"] })
})
