import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { csvLines, defused, undefused } from '../../../src/http/files/csv.ts'
import { type Answer, type Caller, customerWithCallers } from '../../support/calls/http.ts'
import { joined, MULTIPART, multipartOf } from '../../support/calls/multipart.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>
let own: Caller

beforeEach(async () => {
  customer = await customerWithCallers()
  own = customer.own
})

const bulk = (body: unknown, { query = '', type = 'text/csv' } = {}): Promise<Answer> =>
  own(`/contacts/bulk${query}`, { body, headers: { 'Content-Type': type } })

const outcomes = ({ json }: Answer) =>
  json.results.map(({ result, errors }: { result: string; errors?: object }) => errors ?? result)

const contacts = async (caller = own) => (await caller('/contacts?per_page=100')).json.contacts

const ROWS = ['email,first_name,phone', 'a@example.com,Ada,1', 'b@example.com,"Bob ""B."" ,;\t",2']

describe('a file is read with', () => {
  test.each([
    { name: 'line ends CR', end: '\r' },
    { name: 'line ends LF', end: '\n' },
    { name: 'line ends CR LF', end: '\r\n' },
    { name: 'line ends CR CR LF', end: '\r\r\n' },
    { name: 'rows of nothing but separators', end: '\n,,\n' },
    { name: 'rows of nothing but white space', end: '\n , \t,  \n' },
  ])('$name', async ({ end }) => {
    const answer = await bulk(`${end}${ROWS.join(end)}${end}`)
    expect(outcomes(answer)).toEqual(['created', 'created'])
    expect(await contacts()).toMatchObject([
      { first_name: 'Ada', phone: '1' },
      { first_name: 'Bob "B." ,;\t', phone: '2' },
    ])
  })

  test.each([
    { name: 'semicolons', text: 'email;first_name\na@example.com;"Ada;"\n', first: 'Ada;' },
    { name: 'tabs', text: 'email\tfirst_name\na@example.com\tAda, Ada;\n', first: 'Ada, Ada;' },
    { name: 'Excel’s line', text: 'sep=;\r\nemail;first_name\r\na@example.com;Ada\r\n', first: 'Ada' },
    {
      name: 'Excel’s line in quotes',
      text: '\ufeff"sep=\t"\r\nemail\tfirst_name\r\na@example.com\tAda',
      first: 'Ada',
    },
    {
      name: 'a member whose name has a comma',
      text: 'first_name;email;"fields.a,b"\nAda;a@example.com;1\n',
      first: 'Ada',
    },
    {
      name: 'a member whose name has two',
      text: 'first_name;email;fields.a,b,c\nAda;a@example.com;1\n',
      first: 'Ada',
    },
    {
      name: 'quotes around its columns',
      text: '"email","first_name"\n"a@example.com","Ada"\n',
      first: 'Ada',
    },
  ])('$name', async ({ text, first }) => {
    expect(outcomes(await bulk(text))).toEqual(['created'])
    expect(await contacts()).toMatchObject([{ first_name: first }])
  })
})

test('what stands between quotes stays as it is', async () => {
  const texts = ['a\nb', 'a\rb', 'a\r\nb', 'a\r\r\nb', '\r\n', ' a ', ',;\t', '"', "'", '\ufeff']
  await bulk(
    `email,fields.text\n${texts.map((text, i) => `a${i}@example.com,"${text.replaceAll('"', '""')}"`).join('\n')}`,
  )
  expect((await contacts()).map(({ fields }: { fields: { text: string } }) => fields.text)).toEqual(
    texts.map((text) => (text === "'" ? '' : text)),
  )
})

test('one bad byte spoils its own row alone', async () => {
  const answer = await bulk(
    joined(
      'email,first_name\na@example.com,\ufffd\nb@example.com,K',
      new Uint8Array([0xf6]),
      'ln\nc@example.com,Köln\n',
    ),
  )
  expect(outcomes(answer)).toEqual(['created', { row: ['is not UTF-8'] }, 'created'])
  expect(await contacts()).toMatchObject([{ first_name: '\ufffd' }, { first_name: 'Köln' }])
  const lines = joined(
    '{"email":"d@example.com","phone":"\ufffd"}\n{"email":"',
    new Uint8Array([0xf6]),
    '"}\n{"email":"e@example.com"}',
  )
  expect(outcomes(await bulk(lines, { type: 'application/x-ndjson' }))).toEqual([
    'created',
    { row: ['is not UTF-8'] },
    'created',
  ])
})

const OPEN = { row: ['has a quote that is never closed'] }
const MISPLACED = { row: ['has a quote in the wrong place'] }

describe('every row that is in the file is in the results:', () => {
  test.each([
    {
      name: 'a quote that is never closed',
      rows: ['a@x.example,"1', 'b@x.example,2', 'c@x.example,3'],
      expected: [OPEN, 'created', 'created'],
    },
    {
      name: 'one that the next row seems to close',
      rows: ['a@x.example,"1', 'b@x.example,"2"', 'c@x.example,3'],
      expected: [MISPLACED, 'created', 'created'],
    },
    {
      name: 'one after lines within quotes',
      rows: ['a@x.example,"1\n2"', 'b@x.example,"2"3', 'c@x.example,3'],
      expected: ['created', MISPLACED, 'created'],
    },
    {
      name: 'a quote within a cell',
      rows: ['a@x.example,5" pipe', 'b@x.example,2'],
      expected: ['created', 'created'],
    },
    {
      name: 'empty cells too many',
      rows: ['a@x.example,1,,,', 'b@x.example,2'],
      expected: ['created', 'created'],
    },
    {
      name: 'a row of thousands of cells',
      rows: [`a@x.example${',1'.repeat(5_000)}`, 'b@x.example,2'],
      expected: [{ row: ['has 5001 cells for 2 columns'] }, 'created'],
    },
  ])('$name', async ({ rows, expected }) => {
    expect(outcomes(await bulk(`email,phone\n${rows.join('\n')}`))).toEqual(expected)
  })
})

describe('a column that is not known', () => {
  const FILE = 'email,Shoe Size,\na@example.com,43,\nb@example.com,,\n'

  test('is refused and named', async () => {
    expect(await bulk('email,Shoe Size,toString,uid\na@example.com,1,2,3\n')).toMatchObject({
      status: 422,
      json: { errors: { 'Shoe Size': ['is unknown'], toString: ['is unknown'] } },
    })
    expect(await contacts()).toEqual([])
  })

  test('is passed over, or a member of fields, where that is asked for', async () => {
    expect(outcomes(await bulk(FILE, { query: '?unknown_columns=ignore' }))).toEqual(['created', 'created'])
    expect(await contacts()).toMatchObject([{ fields: {} }, { fields: {} }])
    expect(outcomes(await bulk(FILE, { query: '?unknown_columns=fields' }))).toEqual(['updated', 'updated'])
    expect(await contacts()).toMatchObject([{ fields: { 'Shoe Size': '43' } }, { fields: {} }])
  })

  test('is not one whose prefix is in another case', async () => {
    expect(outcomes(await bulk('Email,FIELDS.City\na@example.com,Rome\n'))).toEqual(['created'])
    const query = '?unknown_columns=fields'
    expect(outcomes(await bulk('email,Fields.Zip\nb@example.com,1\n', { query }))).toEqual(['created'])
    expect(await contacts()).toMatchObject([{ fields: { City: 'Rome' } }, { fields: { Zip: '1' } }])
  })

  test.each([
    {
      query: '?unknown_columns=fields',
      text: 'email,x,fields.x\n',
      errors: { 'fields.x': ['is a column twice'] },
    },
    {
      query: '?unknown_columns=keep',
      text: 'email\n',
      errors: { unknown_columns: ['is not included in the list'] },
    },
    {
      query: '',
      text: `email${',phone'.repeat(250)}\n`,
      errors: { columns: ['are too many (maximum is 250)'] },
    },
    { query: '', text: 'email,"phone\n', errors: { columns: ['has a quote that is never closed'] } },
  ])('$text with $query', async ({ query, text, errors }) => {
    expect(await bulk(text, { query })).toMatchObject({ status: 422, json: { errors } })
  })

  test('has no cells where it has no name', async () => {
    expect(outcomes(await bulk('email,\na@example.com,x\nb@example.com,\n'))).toEqual([
      { row: ['has a cell in a column without a name'] },
      'created',
    ])
  })

  test('is of CSV only', async () => {
    const headers = { 'Content-Type': 'application/json' }
    expect(
      await own('/contacts/bulk?unknown_columns=ignore', { headers, body: '{"contacts":[]}' }),
    ).toMatchObject({
      status: 422,
      json: { errors: { unknown_columns: ['goes with CSV only'] } },
    })
  })

  test('is a member that is not known in other files', async () => {
    const answer = await own('/contacts/bulk', {
      body: { contacts: [{ email: 'a@example.com', nmae: 'Ada' }, { email: 'b@example.com' }] },
    })
    expect(outcomes(answer)).toEqual([{ nmae: ['is unknown'] }, 'created'])
  })
})

test('250 columns are as many as there may be', async () => {
  const columns = Array.from({ length: 249 }, (_, i) => `fields.${i}`)
  expect(outcomes(await bulk(`email,${columns.join()}\na@example.com${','.repeat(249)}\n`))).toEqual([
    'created',
  ])
})

describe('the file may come as a part of a form:', () => {
  const part = (filename: string, type: string) =>
    `Content-Disposition: form-data; name=file; filename="${filename}"\r\nContent-Type: ${type}`
  const send = (...parts: Parameters<typeof multipartOf>) =>
    own('/contacts/bulk', { method: 'POST', body: multipartOf(...parts), headers: MULTIPART })

  test.each([
    { headers: part('people.csv', 'application/vnd.ms-excel'), text: 'email;phone\na@example.com;1\n' },
    { headers: part('PEOPLE.CSV', 'application/octet-stream'), text: 'email,phone\r\na@example.com,1\r\n' },
    { headers: part('people', 'text/csv; charset=utf-8'), text: 'email\ra@example.com\r' },
    {
      headers: 'Content-Disposition: form-data; name="file"\r\nContent-Type: text/csv',
      text: 'email\na@example.com\n',
    },
    { headers: part('people.ndjson', 'text/plain'), text: '{"email":"a@example.com"}\n' },
    { headers: part('people.json', 'application/json'), text: '{"contacts":[{"email":"a@example.com"}]}' },
  ])('$headers', async ({ headers, text }) => {
    const photo = 'Content-Disposition: form-data; name=photo; filename=a.png'
    expect(outcomes(await send([headers, text], [photo, 'x']))).toEqual(['created'])
  })

  test('not where none was chosen', async () => {
    const none = 'Content-Disposition: form-data; name="file"; filename=""'
    const email = 'Content-Disposition: form-data; name="contacts[0][email]"'
    expect(outcomes(await send([none, ''], [email, 'a@example.com']))).toEqual(['created'])
  })

  test('not of another kind', async () => {
    const sheet = part('people.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
    expect(await send([sheet, 'PK'])).toMatchObject({ status: 415 })
    expect(await send([part('constructor', 'constructor'), 'email\n'])).toMatchObject({ status: 415 })
  })

  test('not twice, and not beside other rows', async () => {
    const csv = part('a.csv', 'text/csv')
    const row = 'Content-Disposition: form-data; name="contacts[0][email]"'
    expect((await send([csv, 'email\n'], [csv, 'email\n'])).json.errors).toEqual({ file: ['is invalid'] })
    expect((await send([csv, 'email\n'], [row, 'a@example.com'])).json.errors).toEqual({
      'contacts[0][email]': ['is unknown'],
    })
  })
})

test('UTF-16 is refused with what to do', async () => {
  const bytes = new Uint8Array([0xff, 0xfe, ...[...'email'].flatMap((letter) => [letter.charCodeAt(0), 0])])
  expect(await bulk(bytes)).toMatchObject({
    status: 400,
    json: { code: 'malformed_body', error: 'The file is UTF-16: save it as UTF-8' },
  })
})

/** A formula where a spreadsheet would find one, whatever it separates by and whether it knows quotes. */
const LIVE = /(^|[,;\t\r\n])[\s"]*[=+\-@＝＋－＠]/

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '=',
        '+',
        '-',
        '@',
        '＝',
        ';',
        ',',
        '\t',
        '\r',
        '\n',
        '"',
        "'",
        ' ',
        '\u00a0',
        'a',
        '{',
      ),
      fc.string({ unit: 'grapheme', maxLength: 2 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))
  .filter((text) => text.isWellFormed() && !text.includes('\0'))

describe('cells that a spreadsheet could run', () => {
  test.each([
    ['=1+2', "'=1+2"],
    ['Ann;=1+2', "'Ann;'=1+2"],
    ['Ann\t=1+2', "'Ann\t'=1+2"],
    ['Ann, @x', "'Ann, '@x"],
    ['a;""=1', `'a;""'=1`],
    ['  =1', "'  =1"],
    ["'=1", "''=1"],
    ['', "'"],
    ["'", "''"],
    ['＝1', "'＝1"],
    ['Jean-Luc; Ann', 'Jean-Luc; Ann'],
    ['a - b', 'a - b'],
    ["'plain", "'plain"],
    ['ann@x.example', 'ann@x.example'],
  ])('%j is written as %j', (text, cell) => {
    expect(defused(text)).toBe(cell)
    expect(undefused(cell)).toBe(text)
  })

  test('are none in a cell, and every text comes back', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const cell = defused(text)
        expect(cell).not.toMatch(LIVE)
        expect(undefused(cell)).toBe(text)
      }),
      { seed: 20_261_125, numRuns: 20_000 },
    )
  })

  test('are none in JSON, whose numbers stay', () => {
    const line = csvLines([[{ 'a;=1': [';=1', '=1', 'x\t@y', -5, [1, -2]], '+': '-' }]])
    expect(JSON.parse(line.slice(1, -3).replaceAll('""', '"'))).toEqual({
      'a;=1': [';=1', '=1', 'x\t@y', -5, [1, -2]],
      '+': '-',
    })
    expect(line).not.toMatch(/[;"\t][\s"]*[=+@]/)
  })

  test('what is not marked stays as it is', () => {
    for (const cell of ["Rock, '-n-roll", ";'=1", "a\t'+1", "'Ann; -1", "it's"])
      expect(undefused(cell)).toBe(cell)
  })
})

describe('an export that is sent back changes nothing', () => {
  const value = fc.oneof(fc.constant(null), hostile)
  const contact = fc.record({
    first_name: value,
    last_name: value,
    phone: value,
    fields: fc.dictionary(hostile, fc.oneof(hostile, fc.integer()), { maxKeys: 3 }),
  })

  test.each([
    { format: 'csv', type: 'text/csv' },
    { format: 'ndjson', type: 'application/x-ndjson' },
  ])(
    '$format',
    async ({ format, type }) => {
      await fc.assert(
        fc.asyncProperty(fc.array(contact, { minLength: 20, maxLength: 60 }), async (made) => {
          const rows = made.map((row, i) => ({ email: `a${i}@example.com`, ...row }))
          await own('/contacts/bulk', { body: { contacts: rows } })
          const before = await contacts()
          const { text } = await own(`/contacts/export?format=${format}`)
          const answer = await bulk(text, { type })
          expect(answer.json).toMatchObject({ created: 0, invalid: 0 })
          const after = await contacts()
          const unchanged = (all: object[]) => all.map((each) => ({ ...each, updated_at: null }))
          expect(unchanged(after)).toEqual(unchanged(before))
          expect(after.map(({ fields }: { fields: object }) => JSON.stringify(fields))).toEqual(
            before.map(({ fields }: { fields: object }) => JSON.stringify(fields)),
          )
        }),
        { seed: 20_261_125, numRuns: 12 },
      )
    },
    60_000,
  )
})
