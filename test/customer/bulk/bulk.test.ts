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
    ['JSON', { contacts: [ADA, { email: 'nobody' }, { email: 'bob@example.com' }] }, undefined],
    ['NDJSON', lines(ADA, { email: 'nobody' }, { email: 'bob@example.com' }), NDJSON],
    ['JSON lines', lines(ADA, { email: 'nobody' }, { email: 'bob@example.com' }), 'application/jsonl'],
    [
      'CSV',
      'email,first_name,fields.city\nada@example.com,Ada,York\nnobody,,\nbob@example.com,,\n',
      'text/csv; charset=utf-8; header=present',
    ],
    [
      'a form',
      'contacts[0][email]=ada@example.com&contacts[0][first_name]=Ada&contacts[0][fields][city]=York&contacts[1][email]=nobody&contacts[2][email]=bob@example.com',
      'application/x-www-form-urlencoded',
    ],
  ])('%s', async (_, body, type) => {
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
    [
      'what a row names changes',
      { email: 'ADA@example.com', phone: '2' },
      {
        email: 'ADA@example.com',
        first_name: 'Ada',
        last_name: 'Lovelace',
        phone: '2',
        fields: { city: 'York' },
      },
    ],
    [
      'null empties',
      { email: ADA.email, first_name: null, fields: null },
      { first_name: null, last_name: 'Lovelace', fields: {} },
    ],
    [
      'fields are replaced as a whole',
      { email: ADA.email, fields: { a: 1 } },
      { fields: { a: 1 }, phone: '1' },
    ],
  ])('%s', async (_, row, expected) => {
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
  test.each<[string, string | Uint8Array, string, unknown[]]>([
    [
      'CSV with a byte order mark and CRLF',
      '\ufeffemail,phone\r\na@example.com,1\r\nb@example.com,"2\r\n3"\r\n',
      CSV,
      ['created', 'created'],
    ],
    [
      'CSV whose line ends are mixed',
      'email,phone\r\na@example.com,1\nb@example.com,2\r\nc@example.com,"3"\n\n\r\nd@example.com,4',
      CSV,
      ['created', 'created', 'created', 'created'],
    ],
    ['CSV with names in other cases', ' EMail ,Phone\na@example.com,1\n', CSV, ['created']],
    [
      'CSV with a field of 1 MB',
      `email,first_name\na@example.com,${MEGABYTE}\nb@example.com,b\n`,
      CSV,
      [TOO_LONG, 'created'],
    ],
    [
      'CSV with a quoted field of 1 MB',
      `email,first_name\na@example.com,"${'""'.repeat(500_000)}"\nb@example.com,b\n`,
      CSV,
      [TOO_LONG, 'created'],
    ],
    [
      'CSV with too few and too many cells',
      'email,phone\na@example.com\nb@example.com,1,2\nc@example.com,1\n',
      CSV,
      [{ row: ['has 1 cells for 2 columns'] }, { row: ['has 3 cells for 2 columns'] }, 'created'],
    ],
    [
      'CSV with a quote that is never closed',
      'email,phone\na@example.com,1\nb@example.com,"2\nc@example.com,3\n',
      CSV,
      ['created', { row: ['has a quote that is never closed'] }, 'created'],
    ],
    [
      'CSV with a quote in the wrong place',
      'email,phone\na@example.com,"1"2,"\nb@example.com,3\n',
      CSV,
      [{ row: ['has a quote in the wrong place'] }, 'created'],
    ],
    [
      'CSV with a cell in Latin-1',
      bytes('email,first_name\na@example.com,Ad', [0xe4], '\nb@example.com,Bäb\n'),
      CSV,
      [NOT_UTF8, 'created'],
    ],
    [
      'CSV with fields that are no JSON',
      'email,fields\na@example.com,{\nb@example.com,[1]\nc@example.com,"{""a"":1}"\n',
      CSV,
      [{ fields: ['is invalid'] }, { fields: ['is invalid'] }, 'created'],
    ],
    [
      'CSV with a NUL',
      'email,first_name\na@example.com,a\0\nb@example.com,b\n',
      CSV,
      [{ first_name: ['is invalid'] }, 'created'],
    ],
    ['CSV with columns only', 'email\n', CSV, []],
    [
      'NDJSON with a byte order mark, CRLF, empty lines and no last line end',
      '\ufeff{"email":"a@example.com"}\r\n\r\n{"email":"b@example.com"}',
      NDJSON,
      ['created', 'created'],
    ],
    [
      'NDJSON with lines that are none',
      '{"email":"a@example.com"\nnull\n["a"]\n"a"\n{"email":"b@example.com"}\n',
      NDJSON,
      [
        { row: ['is not JSON, or names a member twice'] },
        { row: ['is not an object'] },
        { row: ['is not an object'] },
        { row: ['is not an object'] },
        'created',
      ],
    ],
    [
      'NDJSON with a field of 1 MB',
      lines({ email: 'a@example.com', first_name: MEGABYTE }, { email: 'b@example.com' }),
      NDJSON,
      [TOO_LONG, 'created'],
    ],
    [
      'NDJSON with a line in Latin-1',
      bytes('{"email":"a@example.com","first_name":"Ad', [0xe4], '"}\n{"email":"b@example.com"}\n'),
      NDJSON,
      [NOT_UTF8, 'created'],
    ],
    ['NDJSON with nothing in it', '\n\n', NDJSON, []],
    [
      'JSON with rows that are none',
      '{"contacts":[null,1,"a",[1],{},{"email":"a@example.com"}]}',
      'application/json',
      [...Array(4).fill({ row: ['is not an object'] }), { email: ["can't be blank"] }, 'created'],
    ],
    [
      'JSON with a lone surrogate',
      '{"contacts":[{"email":"a@example.com","phone":"\\ud800"},{"email":"b@example.com"}]}',
      'application/json',
      [{ phone: ['is invalid'] }, 'created'],
    ],
    [
      'JSON with several faults in one row',
      '{"contacts":[{"email":"a","first_name":1,"fields":[1]},{"email":"b@example.com"}]}',
      'application/json',
      [{ email: ['is invalid'], first_name: ['is invalid'], fields: ['is invalid'] }, 'created'],
    ],
  ])('%s', async (_, body, type, expected) => {
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
  test.each<[string, string | Uint8Array, string, number, object]>([
    [
      'JSON with 10,001 rows',
      JSON.stringify({ contacts: tooMany.map((email) => ({ email: email.trim() })) }),
      json,
      413,
      { code: 'too_many_rows' },
    ],
    [
      'NDJSON with 10,001 rows',
      tooMany.map((email) => lines({ email: email.trim() })).join(''),
      NDJSON,
      413,
      { code: 'too_many_rows' },
    ],
    ['CSV with 10,001 rows', `email\n${tooMany.join('')}`, CSV, 413, { code: 'too_many_rows' }],
    ['CSV with 4 million lines', `email\n${'a\n'.repeat(4_000_000)}`, CSV, 413, { code: 'too_many_rows' }],
    ['more than 8 MiB', `email\n${'a'.repeat(8 * 1024 * 1024)}`, CSV, 413, { code: 'body_too_large' }],
    ['JSON without contacts', '{}', json, 422, { code: 'invalid', errors: { contacts: ["can't be blank"] } }],
    [
      'JSON whose contacts are no array',
      '{"contacts":{}}',
      json,
      422,
      { errors: { contacts: ['is invalid'] } },
    ],
    ['an array', '[1]', json, 400, { code: 'malformed_body' }],
    ['broken JSON', '{"contacts":[', json, 400, { code: 'malformed_body' }],
    ['JSON that is not UTF-8', bytes('{"contacts":["', [0xe4], '"]}'), json, 400, { code: 'malformed_body' }],
    [
      'CSV without an email column',
      'name,phone\na@example.com,1\n',
      CSV,
      422,
      { errors: { email: ['is not among the columns'] } },
    ],
    ['CSV without anything', '', CSV, 422, { errors: { email: ['is not among the columns'] } }],
    [
      'CSV with a column twice',
      'email,phone,Phone\na@example.com,1,2\n',
      CSV,
      422,
      { errors: { phone: ['is a column twice'] } },
    ],
    [
      'CSV with fields in two ways',
      'email,fields,fields.a\na@example.com,{},1\n',
      CSV,
      422,
      { errors: { fields: ['goes without columns that begin with fields.'] } },
    ],
    [
      'CSV in UTF-16',
      bytes(
        [0xff, 0xfe],
        [...'email\na@example.com\n'].flatMap((c) => [c.charCodeAt(0), 0]),
      ),
      CSV,
      400,
      { code: 'malformed_body' },
    ],
    [
      'text',
      'email\na@example.com\n',
      'text/plain',
      415,
      { code: 'unsupported_media_type', error: 'Send JSON, NDJSON, CSV or a form' },
    ],
  ])('%s', async (_, body, type, status, answer) => {
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

  test('cost ten round trips and the check of the caller, created and updated alike', async () => {
    await own('/lists')
    for (const [outcome, change] of [
      ['created', {}],
      ['updated', { phone: '1' }],
    ] as const) {
      const contacts = rows.map((row) => ({ ...row, ...change }))
      const { json, counts } = await counted(own, '/contacts/bulk', { body: { contacts } })
      expect(json).toMatchObject({ created: 0, updated: 0, invalid: 0, [outcome]: 10_000 })
      expect(json.results).toHaveLength(10_000)
      expect(counts.d1).toBe(11)
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
