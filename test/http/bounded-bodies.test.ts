import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { readInput } from '../../src/http/body/input.ts'
import { jsonObject } from '../../src/http/fields/inputs.ts'
import { type Caller, customerWithCallers } from '../support/calls/http.ts'

/** Few bytes that are many once they are unpacked and read: what an isolate holds of them has its bound. */

let own: Caller

beforeEach(async () => {
  ;({ own } = await customerWithCallers())
})

const post = (path: string, type: string, body: string) =>
  own(path, {
    headers: { 'Content-Type': type, 'Content-Encoding': 'gzip' },
    body: new Uint8Array(gzipSync(body)),
  })

const repeated = (text: string, bytes: number) => text.repeat(Math.floor(bytes / text.length))

const MIB = 1024 * 1024
const JSON_TYPE = 'application/json'
const [CSV, NDJSON] = ['text/csv', 'application/x-ndjson']

describe('JSON of more values than any caller means is too large', () => {
  const wide = repeated('[],', 7.9 * MIB)
  test.each([
    { name: 'rows', body: `{"contacts":[${repeated('{},', 7.9 * MIB)}{}]}` },
    { name: 'a list in the fields of a row', body: `{"contacts":[{"fields":{"x":[${wide}0]}}]}` },
    { name: 'rows of lists', body: `{"contacts":[${repeated('[[],[]],', 7.9 * MIB)}0]}` },
    { name: 'members', body: `{"contacts":[{${repeated('"a":1,', 7.9 * MIB)}"a":1}]}` },
    { name: 'a member nobody knows', body: `{"x":[${wide}0]}` },
    { name: 'text before it that escapes its quotes', body: `{"x":"\\\\\\"","y":[${wide}0]}` },
  ])('$name', async ({ body }) => {
    expect(await post('/contacts/bulk', JSON_TYPE, body)).toMatchObject({
      status: 413,
      json: { code: 'body_too_large' },
    })
  })

  test('of a line of NDJSON and of a cell of CSV it is the fault of their row', async () => {
    const lines = `{"x":[${wide}0]}\n{"email":"ada@example.com"}`
    const answer = await post('/contacts/bulk', NDJSON, lines)
    expect(answer.json.results).toMatchObject([
      { errors: { row: ['holds too many values'] } },
      { result: 'created' },
    ])
    const cells = `email,fields\na@x.example,"{""x"":[${wide}0]}"\nb@x.example,{}\n`
    const file = await post('/contacts/bulk', CSV, cells)
    expect(file.json.results).toMatchObject([{ errors: { fields: ['is invalid'] } }, { result: 'created' }])
  })

  test('and text that only looks like it is not', async () => {
    const fields = { note: '[{,'.repeat(5_000), '"\\': '\\"' }
    const rows = Array.from({ length: 300 }, (_, i) => ({ email: `a${i}@x.example`, fields }))
    const answer = await post('/contacts/bulk', JSON_TYPE, JSON.stringify({ contacts: rows }))
    expect(answer.json).toMatchObject({ created: 300, invalid: 0 })
  })
})

test('of fields that are too large no more is looked at than may be kept', () => {
  let looks = 0
  const items = new Proxy(Array(300_000).fill(0), {
    get: (target, name, receiver) => {
      looks++
      return Reflect.get(target, name, receiver)
    },
    ownKeys: () => {
      throw new Error('all names are listed')
    },
  })
  const result = jsonObject({ maxBytes: 16 * 1024, maxKeys: 100 }).safeParse({ x: items })
  expect(result.error?.issues.map(({ message }) => message)).toEqual([
    'is too large (maximum is 16384 bytes)',
  ])
  // An iterator looks for the length and for the item.
  expect(looks).toBeLessThan(2 * 16 * 1024)
})

test('of members that nobody knows no more is kept than an answer tells of', () => {
  const sent = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x${i}`, i]))
  const read = readInput(z.strictObject({ email: z.string() }), { ...sent, email: 'ada@example.com' })
  expect(Object.keys(read as object)).toHaveLength(101)
  expect(read).toMatchObject({ x0: 0, email: 'ada@example.com' })
})

describe('an answer does not grow with the names that it tells of', () => {
  const long = 'x'.repeat(7 * MIB)
  const half = 'x'.repeat(3 * MIB)
  test.each([
    { name: 'a column', path: '/contacts/bulk', type: CSV, body: `email,${long}\na@x.example,1` },
    {
      name: 'columns that are there twice',
      path: '/contacts/bulk',
      type: CSV,
      body: `email,fields.${half},fields.${half}\n`,
    },
    { name: 'NULs for a column', path: '/contacts/bulk', type: CSV, body: `email,${'\0'.repeat(7 * MIB)}\n` },
    { name: 'a member', path: '/contacts/bulk', type: JSON_TYPE, body: JSON.stringify({ [long]: 1 }) },
    {
      name: 'a member of a contact',
      path: '/contacts',
      type: JSON_TYPE,
      body: JSON.stringify({ [long.slice(0, MIB - 10)]: 1 }),
    },
    {
      name: 'a field of a form',
      path: '/contacts',
      type: 'application/x-www-form-urlencoded',
      body: `${long.slice(0, MIB - 10)}=1`,
    },
    {
      name: 'a part beside a file',
      path: '/contacts/bulk',
      type: 'multipart/form-data; boundary=b',
      body: `--b\r\nContent-Disposition: form-data; name=file; filename=a.csv\r\n\r\nemail\r\n--b\r\nContent-Disposition: form-data; name="${long.slice(0, 8_000)}"\r\n\r\n1\r\n--b--`,
    },
  ])('$name', async ({ path, type, body }) => {
    const answer = await post(path, type, body)
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid' } })
    expect(answer.text.length).toBeLessThan(2_000)
  })

  test('a row with more faults than it has members to set', async () => {
    const row = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${i}x`, 1]))
    const rows = JSON.stringify({ contacts: Array(4_000).fill({ phone: 'x'.repeat(51), ...row }) })
    const answer = await post('/contacts/bulk', JSON_TYPE, rows)
    expect(answer.json).toMatchObject({ created: 0, invalid: 4_000 })
    expect(answer.json.results[0].errors).toMatchObject({
      email: ["can't be blank"],
      phone: ['is too long (maximum is 50 characters)'],
    })
    expect(answer.text.length).toBeLessThan(rows.length)
  })

  test('two names that begin alike are told of', async () => {
    const body = { [`${'x'.repeat(200)}a`]: 1, nmae: 1 }
    const { json } = await own('/contacts', { body })
    expect(Object.keys(json.errors)).toEqual(['email', `${'x'.repeat(100)}…`, 'nmae'])
  })
})
