import { beforeEach, describe, expect, test } from 'vitest'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { type Answer, type Caller, customerWithCallers } from '../../support/calls/http.ts'

let own: Caller
let impersonated: Caller

beforeEach(async () => {
  ;({ own, impersonated } = await customerWithCallers())
})

const CSV = 'text/csv'
const NDJSON = 'application/x-ndjson'

const bulk = (body: unknown, type?: string, caller = own): Promise<Answer> =>
  caller('/contacts/bulk', { body, headers: type === undefined ? {} : { 'Content-Type': type } })

const lines = (...rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

const bytes = (...parts: (string | number[])[]) =>
  new Uint8Array(
    parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : part)),
  )

/** What each row came to: its result, or what is wrong with it. */
const outcomes = ({ json }: Answer) =>
  json.results.map(({ result, errors }: { result: string; errors?: object }) => errors ?? result)

async function contactsByEmail() {
  const { contacts } = (await own('/contacts?per_page=100')).json
  return Object.fromEntries(contacts.map((contact: { email: string }) => [contact.email, contact]))
}

const ADA = { email: 'ada@example.com', first_name: 'Ada', fields: { city: 'York' } }

describe('the same rows come as', () => {
  test.each([
    {
      name: 'JSON',
      body: { contacts: [ADA, { email: 'nobody' }, { email: 'bob@example.com' }] },
      type: undefined,
    },
    { name: 'NDJSON', body: lines(ADA, { email: 'nobody' }, { email: 'bob@example.com' }), type: NDJSON },
    {
      name: 'JSON lines',
      body: lines(ADA, { email: 'nobody' }, { email: 'bob@example.com' }),
      type: 'application/jsonl',
    },
    {
      name: 'CSV',
      body: 'email,first_name,fields.city\nada@example.com,Ada,York\nnobody,,\nbob@example.com,,\n',
      type: 'text/csv; charset=utf-8; header=present',
    },
    {
      name: 'a form',
      body: 'contacts[0][email]=ada@example.com&contacts[0][first_name]=Ada&contacts[0][fields][city]=York&contacts[1][email]=nobody&contacts[2][email]=bob@example.com',
      type: 'application/x-www-form-urlencoded',
    },
  ])('$name', async ({ body, type }) => {
    const answer = await bulk(body, type)
    const uid = expect.stringMatching(/^[a-z0-9]{13}$/)
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      status: 'success',
      created: 2,
      updated: 0,
      invalid: 1,
      results: [
        { row: 1, email: 'ada@example.com', result: 'created', uid },
        { row: 2, result: 'invalid', errors: { email: ['is invalid'] } },
        { row: 3, email: 'bob@example.com', result: 'created', uid },
      ],
    })
    const stored = await contactsByEmail()
    expect(stored['ada@example.com']).toMatchObject({ ...ADA, uid: answer.json.results[0].uid })
    expect(Object.keys(stored)).toHaveLength(2)
  })
})

describe('of a contact that is there', () => {
  beforeEach(() => own('/contacts', { body: { ...ADA, last_name: 'Lovelace', phone: '1' } }))

  test.each([
    {
      name: 'what a row names changes',
      row: { email: 'ADA@example.com', phone: '2' },
      expected: {
        email: 'ADA@example.com',
        first_name: 'Ada',
        last_name: 'Lovelace',
        phone: '2',
        fields: { city: 'York' },
      },
    },
    {
      name: 'null empties',
      row: { email: ADA.email, first_name: null, fields: null },
      expected: { first_name: null, last_name: 'Lovelace', fields: {} },
    },
    {
      name: 'fields are replaced as a whole',
      row: { email: ADA.email, fields: { a: 1 } },
      expected: { fields: { a: 1 }, phone: '1' },
    },
  ])('$name', async ({ row, expected }) => {
    const answer = await bulk({ contacts: [row] })
    expect(answer.json).toMatchObject({
      created: 0,
      updated: 1,
      results: [{ result: 'updated', email: row.email }],
    })
    const { contact } = (await own(`/contacts/${answer.json.results[0].uid}`)).json
    expect(contact).toMatchObject(expected)
  })

  test('the columns of a CSV file change and the others stay', async () => {
    await bulk('email,first_name\nada@example.com,\n', CSV)
    expect((await contactsByEmail())[ADA.email]).toMatchObject({ first_name: null, last_name: 'Lovelace' })
  })
})

test('an email that is in the file again, in any case, updates what its first row created', async () => {
  const answer = await bulk({
    contacts: [ADA, { email: 'ADA@Example.com', phone: '2' }, { email: ADA.email, first_name: 'A.' }],
  })
  expect(answer.json).toMatchObject({ created: 1, updated: 2, invalid: 0 })
  expect(outcomes(answer)).toEqual(['created', 'updated', 'updated'])
  expect(new Set(answer.json.results.map(({ uid }: { uid: string }) => uid)).size).toBe(1)
  expect(await contactsByEmail()).toMatchObject({
    [ADA.email]: { first_name: 'A.', phone: '2', fields: ADA.fields },
  })
  expect((await own('/contacts')).json.pagination.total).toBe(1)
})

test('another customer’s contact of the same email is another contact', async () => {
  const other = await customerWithCallers()
  await other.own('/contacts', { body: ADA })
  expect((await bulk({ contacts: [{ ...ADA, first_name: 'Mine' }] })).json).toMatchObject({ created: 1 })
  expect((await other.own('/contacts')).json.contacts).toMatchObject([{ first_name: 'Ada' }])
})

test('fields are kept to the byte', async () => {
  const fields = {
    '': '',
    ä: '"\\\u0001',
    n: 1.5e-7,
    deep: [[[{ $: null }]]],
    '😀': "it's",
    big: 'x'.repeat(10_000),
  }
  const answer = await bulk({ contacts: [{ email: ADA.email, fields }] })
  const stored = await own(`/contacts/${answer.json.results[0].uid}`)
  expect(stored.text).toContain(`"fields":${JSON.stringify(fields)}`)
})

const MEGABYTE = 'x'.repeat(1024 * 1024)
const TOO_LONG = { first_name: ['is too long (maximum is 255 characters)'] }
const NOT_UTF8 = { row: ['is not UTF-8'] }

describe('one bad row spoils no other', () => {
  test.each<{ name: string; body: string | Uint8Array; type: string; expected: unknown[] }>([
    {
      name: 'CSV with a byte order mark and CRLF',
      body: '\ufeffemail,phone\r\na@example.com,1\r\nb@example.com,"2\r\n3"\r\n',
      type: CSV,
      expected: ['created', 'created'],
    },
    {
      name: 'CSV whose line ends are mixed',
      body: 'email,phone\r\na@example.com,1\nb@example.com,2\r\nc@example.com,"3"\n\n\r\nd@example.com,4',
      type: CSV,
      expected: ['created', 'created', 'created', 'created'],
    },
    {
      name: 'CSV with names in other cases',
      body: ' EMail ,Phone\na@example.com,1\n',
      type: CSV,
      expected: ['created'],
    },
    {
      name: 'CSV with a field of 1 MB',
      body: `email,first_name\na@example.com,${MEGABYTE}\nb@example.com,b\n`,
      type: CSV,
      expected: [TOO_LONG, 'created'],
    },
    {
      name: 'CSV with a quoted field of 1 MB',
      body: `email,first_name\na@example.com,"${'""'.repeat(500_000)}"\nb@example.com,b\n`,
      type: CSV,
      expected: [TOO_LONG, 'created'],
    },
    {
      name: 'CSV with too few and too many cells',
      body: 'email,phone\na@example.com\nb@example.com,1,2\nc@example.com,1\n',
      type: CSV,
      expected: [{ row: ['has 1 cells for 2 columns'] }, { row: ['has 3 cells for 2 columns'] }, 'created'],
    },
    {
      name: 'CSV with a quote that is never closed',
      body: 'email,phone\na@example.com,1\nb@example.com,"2\nc@example.com,3\n',
      type: CSV,
      expected: ['created', { row: ['has a quote that is never closed'] }, 'created'],
    },
    {
      name: 'CSV with a quote in the wrong place',
      body: 'email,phone\na@example.com,"1"2,"\nb@example.com,3\n',
      type: CSV,
      expected: [{ row: ['has a quote in the wrong place'] }, 'created'],
    },
    {
      name: 'CSV with a cell in Latin-1',
      body: bytes('email,first_name\na@example.com,Ad', [0xe4], '\nb@example.com,Bäb\n'),
      type: CSV,
      expected: [NOT_UTF8, 'created'],
    },
    {
      name: 'CSV with fields that are no JSON',
      body: 'email,fields\na@example.com,{\nb@example.com,[1]\nc@example.com,"{""a"":1}"\n',
      type: CSV,
      expected: [{ fields: ['is invalid'] }, { fields: ['is invalid'] }, 'created'],
    },
    {
      name: 'CSV with a NUL',
      body: 'email,first_name\na@example.com,a\0\nb@example.com,b\n',
      type: CSV,
      expected: [{ first_name: ['is invalid'] }, 'created'],
    },
    { name: 'CSV with columns only', body: 'email\n', type: CSV, expected: [] },
    {
      name: 'NDJSON with a byte order mark, CRLF, empty lines and no last line end',
      body: '\ufeff{"email":"a@example.com"}\r\n\r\n{"email":"b@example.com"}',
      type: NDJSON,
      expected: ['created', 'created'],
    },
    {
      name: 'NDJSON with lines that are none',
      body: '{"email":"a@example.com"\nnull\n["a"]\n"a"\n{"email":"b@example.com"}\n',
      type: NDJSON,
      expected: [
        { row: ['is not JSON, or names a member twice'] },
        { row: ['is not an object'] },
        { row: ['is not an object'] },
        { row: ['is not an object'] },
        'created',
      ],
    },
    {
      name: 'NDJSON with a field of 1 MB',
      body: lines({ email: 'a@example.com', first_name: MEGABYTE }, { email: 'b@example.com' }),
      type: NDJSON,
      expected: [TOO_LONG, 'created'],
    },
    {
      name: 'NDJSON with a line in Latin-1',
      body: bytes('{"email":"a@example.com","first_name":"Ad', [0xe4], '"}\n{"email":"b@example.com"}\n'),
      type: NDJSON,
      expected: [NOT_UTF8, 'created'],
    },
    { name: 'NDJSON with nothing in it', body: '\n\n', type: NDJSON, expected: [] },
    {
      name: 'JSON with rows that are none',
      body: '{"contacts":[null,1,"a",[1],{},{"email":"a@example.com"}]}',
      type: 'application/json',
      expected: [...Array(4).fill({ row: ['is not an object'] }), { email: ["can't be blank"] }, 'created'],
    },
    {
      name: 'JSON with a lone surrogate',
      body: '{"contacts":[{"email":"a@example.com","phone":"\\ud800"},{"email":"b@example.com"}]}',
      type: 'application/json',
      expected: [{ phone: ['is invalid'] }, 'created'],
    },
    {
      name: 'JSON with several faults in one row',
      body: '{"contacts":[{"email":"a","first_name":1,"fields":[1]},{"email":"b@example.com"}]}',
      type: 'application/json',
      expected: [{ email: ['is invalid'], first_name: ['is invalid'], fields: ['is invalid'] }, 'created'],
    },
  ])('$name', async ({ body, type, expected }) => {
    const answer = await bulk(body, type)
    expect(answer.status).toBe(200)
    expect(outcomes(answer)).toEqual(expected)
    const created = expected.filter((outcome) => outcome === 'created').length
    expect(answer.json).toMatchObject({ created, updated: 0, invalid: expected.length - created })
    expect((await own('/contacts')).json.pagination.total).toBe(created)
  })
})

describe('refused as a whole, with nothing written, is', () => {
  const row = (i: number) => `a${i}@example.com\n`
  const tooMany = Array.from({ length: 10_001 }, (_, i) => row(i))
  const json = 'application/json'
  test.each<{ name: string; body: string | Uint8Array; type: string; status: number; answer: object }>([
    {
      name: 'JSON with 10,001 rows',
      body: JSON.stringify({ contacts: tooMany.map((email) => ({ email: email.trim() })) }),
      type: json,
      status: 413,
      answer: { code: 'too_many_rows' },
    },
    {
      name: 'NDJSON with 10,001 rows',
      body: tooMany.map((email) => lines({ email: email.trim() })).join(''),
      type: NDJSON,
      status: 413,
      answer: { code: 'too_many_rows' },
    },
    {
      name: 'CSV with 10,001 rows',
      body: `email\n${tooMany.join('')}`,
      type: CSV,
      status: 413,
      answer: { code: 'too_many_rows' },
    },
    {
      name: 'CSV with 4 million lines',
      body: `email\n${'a\n'.repeat(4_000_000)}`,
      type: CSV,
      status: 413,
      answer: { code: 'too_many_rows' },
    },
    {
      name: 'more than 8 MiB',
      body: `email\n${'a'.repeat(8 * 1024 * 1024)}`,
      type: CSV,
      status: 413,
      answer: { code: 'body_too_large' },
    },
    {
      name: 'JSON without contacts',
      body: '{}',
      type: json,
      status: 422,
      answer: { code: 'invalid', errors: { contacts: ["can't be blank"] } },
    },
    {
      name: 'JSON whose contacts are no array',
      body: '{"contacts":{}}',
      type: json,
      status: 422,
      answer: { errors: { contacts: ['is invalid'] } },
    },
    { name: 'an array', body: '[1]', type: json, status: 400, answer: { code: 'malformed_body' } },
    {
      name: 'broken JSON',
      body: '{"contacts":[',
      type: json,
      status: 400,
      answer: { code: 'malformed_body' },
    },
    {
      name: 'JSON that is not UTF-8',
      body: bytes('{"contacts":["', [0xe4], '"]}'),
      type: json,
      status: 400,
      answer: { code: 'malformed_body' },
    },
    {
      name: 'CSV without an email column',
      body: 'name,phone\na@example.com,1\n',
      type: CSV,
      status: 422,
      answer: { errors: { email: ['is not among the columns'] } },
    },
    {
      name: 'CSV without anything',
      body: '',
      type: CSV,
      status: 422,
      answer: { errors: { email: ['is not among the columns'] } },
    },
    {
      name: 'CSV with a column twice',
      body: 'email,phone,Phone\na@example.com,1,2\n',
      type: CSV,
      status: 422,
      answer: { errors: { phone: ['is a column twice'] } },
    },
    {
      name: 'CSV with fields in two ways',
      body: 'email,fields,fields.a\na@example.com,{},1\n',
      type: CSV,
      status: 422,
      answer: { errors: { fields: ['goes without columns that begin with fields.'] } },
    },
    {
      name: 'CSV in UTF-16',
      body: bytes(
        [0xff, 0xfe],
        [...'email\na@example.com\n'].flatMap((c) => [c.charCodeAt(0), 0]),
      ),
      type: CSV,
      status: 400,
      answer: { code: 'malformed_body' },
    },
    {
      name: 'text',
      body: 'email\na@example.com\n',
      type: 'text/plain',
      status: 415,
      answer: { code: 'unsupported_media_type', error: 'Send JSON, NDJSON, CSV or a form' },
    },
  ])('$name', async ({ body, type, status, answer }) => {
    expect(await bulk(body, type)).toMatchObject({ status, json: { status: 'error', ...answer } })
    expect((await own('/contacts')).json.pagination.total).toBe(0)
  })
})

test('only bulk routes take more than 1 MiB', async () => {
  const padded = { email: ADA.email, first_name: 'x'.repeat(2 * 1024 * 1024) }
  expect(await bulk({ contacts: [padded] })).toMatchObject({ status: 200, json: { invalid: 1 } })
  expect(await own('/contacts', { body: padded })).toMatchObject({ status: 413 })
})

describe('10,000 rows', () => {
  const rows = Array.from({ length: 10_000 }, (_, i) => ({
    email: `person-${i}@example.com`,
    first_name: `Person ${i}`,
    fields: { number: i },
  }))

  test('cost ten round trips, created and updated alike', async () => {
    await own('/lists')
    for (const [outcome, change] of [
      ['created', {}],
      ['updated', { phone: '1' }],
    ] as const) {
      const contacts = rows.map((row) => ({ ...row, ...change }))
      const { json, counts } = await counted(own, '/contacts/bulk', { body: { contacts } })
      expect(json).toMatchObject({ created: 0, updated: 0, invalid: 0, [outcome]: 10_000 })
      expect(json.results).toHaveLength(10_000)
      expect(counts.d1).toBe(10)
      expect(counts.rowsRead).toBeLessThan(20 * 10_000)
    }
    const { json } = await own('/contacts?email=person-9999@example.com')
    expect(json.contacts).toMatchObject([{ first_name: 'Person 9999', phone: '1', fields: { number: 9999 } }])
    expect((await own('/contacts')).json.pagination.total).toBe(10_000)
  })

  test('are read by key, however many contacts the customer has', async () => {
    await bulk({ contacts: rows })
    const { counts } = await counted(own, '/contacts/bulk', { body: { contacts: rows.slice(0, 10) } })
    expect(counts.rowsRead).toBeLessThan(200)
  })
})

test('an admin that acts for the customer gets the same', async () => {
  const [first, second] = [
    await bulk({ contacts: [ADA] }, undefined, impersonated),
    await bulk({ contacts: [ADA] }),
  ]
  expect([first.json.created, second.json.updated]).toEqual([1, 1])
  expect(second.json.results[0].uid).toBe(first.json.results[0].uid)
})
