import { beforeEach, describe, expect, test } from 'vitest'
import { customerWithCallers } from '../../support/calls/http.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  customer = await customerWithCallers()
})

const JSON_TYPE = { 'Content-Type': 'application/json' }

/** Creates a contact with this JSON as its fields, to the letter. */
const create = (fields: string) =>
  customer.own('/contacts', { headers: JSON_TYPE, body: `{"email":"ada@example.com","fields":${fields}}` })

const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
const keys = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, i])))
/** An object whose JSON has this many bytes, most of them in characters of two. */
const sized = (bytes: number) => {
  const empty = '{"a":""}'.length
  return `{"a":"${(bytes - empty) % 2 ? 'x' : ''}${'é'.repeat((bytes - empty) / 2)}"}`
}

describe('fields are kept and returned as they came', () => {
  test.each([
    { name: 'none', fields: '{}' },
    {
      name: 'every type',
      fields:
        '{"text":"a","number":-1.5,"yes":true,"no":false,"null":null,"list":[1,"2",{}],"object":{"a":{}}}',
    },
    { name: 'keys in their order', fields: '{"z":1,"a":2,"m":{"y":1,"b":2}}' },
    { name: 'an empty key', fields: '{"":""}' },
    {
      name: 'keys that JavaScript gives a meaning',
      fields: '{"constructor":1,"toString":"x","hasOwnProperty":null,"prototype":{}}',
    },
    {
      name: '__proto__, which is a key like any other',
      fields: '{"__proto__":{"admin":true},"a":[{"__proto__":1}]}',
    },
    { name: 'a text that looks like SQL', fields: `{"a'; DROP TABLE contacts; --":"'"}` },
    { name: 'control characters and emojis', fields: '{"a":"\\u0001\\t\\n\\u2028","🐝":"🐝"}' },
    { name: 'the largest exact integer', fields: '{"a":9007199254740991,"b":-9007199254740991}' },
    { name: 'large and small numbers', fields: '{"a":0.30000000000000004,"b":5e-324}' },
    { name: '100 keys', fields: keys(100) },
    { name: '16 KiB', fields: sized(16 * 1024) },
    { name: '16 KiB - 1', fields: sized(16 * 1024 - 1) },
    { name: 'deep nesting', fields: nested(99) },
  ])('$name', async ({ fields }) => {
    const created = await create(fields)
    expect(created.status).toBe(201)
    const shown = await customer.own(`/contacts/${created.json.contact.uid}`)
    expect(shown.text).toContain(`"fields":${JSON.stringify(JSON.parse(fields))},"created_at"`)
    expect(JSON.stringify(shown.json.contact.fields)).toBe(JSON.stringify(JSON.parse(fields)))
  })
})

describe('fields are refused', () => {
  test.each([
    { name: 'that are a list', fields: '[1]' },
    { name: 'that are a text', fields: '"a"' },
    { name: 'that are a number', fields: '1' },
    { name: 'with 101 keys', fields: keys(101) },
    { name: 'of 16 KiB + 1', fields: sized(16 * 1024 + 1) },
    { name: 'with a NUL in a text', fields: '{"a":"\\u0000"}' },
    { name: 'with a NUL in a key', fields: '{"a\\u0000":1}' },
    { name: 'with a NUL deep within', fields: '{"a":[{"b":["\\u0000"]}]}' },
    { name: 'with a lone surrogate', fields: '{"a":"\\ud800"}' },
    { name: 'with a lone surrogate in a key deep within', fields: '{"a":{"\\udc00":1}}' },
    { name: 'that nest too deep', fields: nested(100) },
    { name: 'that nest far too deep', fields: nested(5_000) },
    { name: 'with a number that cannot be kept', fields: '{"a":1e999}' },
    { name: 'with an integer that cannot be kept', fields: '{"a":9007199254740993}' },
  ])('$name', async ({ fields }) => {
    const answer = await create(fields)
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid' } })
    expect(Object.keys(answer.json.errors)).toEqual(['fields'])
    expect((await customer.own('/contacts')).json.contacts).toEqual([])
  })
})

test.each([
  [
    'a URL-encoded form',
    { 'Content-Type': 'application/x-www-form-urlencoded' },
    'email=ada%40example.com&fields[city]=K%C3%B6ln&fields[tags][]=a&fields[tags][]=b',
  ],
])('%s nests fields as PHP does', async (_, headers, body) => {
  const { uid } = (await customer.own('/contacts', { headers, body })).json.contact
  const { contact } = (await customer.own(`/contacts/${uid}`)).json
  expect(contact.fields).toEqual({ city: 'Köln', tags: ['a', 'b'] })
})

test('a multipart form nests fields as PHP does', async () => {
  const body = new FormData()
  body.set('email', 'ada@example.com')
  body.set('fields[city]', 'Köln')
  body.set('fields[address][zip]', '50667')
  const { uid } = (await customer.own('/contacts', { body })).json.contact
  const { contact } = (await customer.own(`/contacts/${uid}`)).json
  expect(contact.fields).toEqual({ city: 'Köln', address: { zip: '50667' } })
})

test('PATCH replaces the fields as a whole, and leaves them alone where they are not sent', async () => {
  const { uid } = (await create('{"city":"London","age":36}')).json.contact
  const patch = (body: object) => customer.own(`/contacts/${uid}`, { method: 'PATCH', body })
  const fields = async () => (await customer.own(`/contacts/${uid}`)).json.contact.fields
  await patch({ first_name: 'Ada' })
  expect(await fields()).toEqual({ city: 'London', age: 36 })
  await patch({ fields: { city: 'Rome' } })
  expect(await fields()).toEqual({ city: 'Rome' })
  await patch({ fields: null })
  expect(await fields()).toEqual({})
})
