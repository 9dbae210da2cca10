import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createApp } from '../src/app.ts'
import { recordable, recordablePath } from '../src/audit/recording/recordable.ts'
import { readCredentials } from '../src/auth/callers/credentials.ts'
import { fromHex } from '../src/base/encoding.ts'
import { annotationOf } from '../src/http/annotations.ts'
import { rawBody, unpackedBody } from '../src/http/body/bytes.ts'
import { rowsOfCsv } from '../src/http/body/csv.ts'
import { bodyDigest } from '../src/http/body/digest.ts'
import { readInput } from '../src/http/body/input.ts'
import { parsedBody } from '../src/http/body/parse.ts'
import { rowsOfLines } from '../src/http/body/rows.ts'
import { addressRange, email, limitedText, moment, name, timezone } from '../src/http/fields/inputs.ts'
import { csvLines, undefused } from '../src/http/files/csv.ts'
import { pageQuery, pageRequest } from '../src/http/pagination.ts'
import { validate } from '../src/http/validation.ts'
import { customerWithCallers, loggedIn } from './support/calls/http.ts'
import { growthOf } from './support/linear.ts'

/** Work on 16 times as much may take 32 times as long: half of that is noise. */
const MAX_GROWTH = 32

/** What a caller sends, for a size, and what is done with it. */
interface Row<Input = unknown> {
  name: string
  size?: number
  make: (size: number) => Input
  work: (input: Input) => unknown
}

const row = <Input>(
  name: string,
  make: (size: number) => Input,
  work: (input: Input) => unknown,
  size = 1_000,
) => ({ name, make, work, size }) as Row

const bodySchema = (route: string) => {
  const found = createApp().routes.find(
    ({ method, path, handler }) => `${method} ${path}` === route && annotationOf(handler).body,
  )
  const schema = found && annotationOf(found.handler).body?.()
  if (!schema) throw new Error(`${route} takes no body`)
  return schema
}

const contact = bodySchema('POST /contacts')
const apiKey = bodySchema('POST /admin/api_keys')

/** A refusal is an end as well. */
const settled = (work: () => unknown) => {
  try {
    return work()
  } catch {
    return undefined
  }
}

const times = (text: string) => (size: number) => text.repeat(size)
const lines = (text: (i: number) => string) => (size: number) =>
  Array.from({ length: size }, (_, i) => text(i)).join('')

const validated = (schema: typeof contact) => (sent: unknown) =>
  validate(schema as never, readInput(schema, sent))

const requestOf = (type: string, body: string | Uint8Array, encoding?: string) =>
  new Request('https://steward.example/contacts', {
    method: 'POST',
    body: body as string,
    headers: { 'Content-Type': type, ...(encoding && { 'Content-Encoding': encoding }) },
  })

const bodyOf =
  (type: string, schema = contact) =>
  async (body: string) => {
    const request = requestOf(type, body)
    // Who asks first sets the limit: here it is out of the way.
    await rawBody(request, 64 * 1024 * 1024)
    return parsedBody(request).then(validated(schema), () => undefined)
  }

const form = bodyOf('application/x-www-form-urlencoded')
const keyForm = bodyOf('application/x-www-form-urlencoded', apiKey)
const json = bodyOf('application/json')
const keyJson = bodyOf('application/json', apiKey)
const MULTIPART_TYPE = 'multipart/form-data; boundary=bbbbbbbbbbbbbbbb'
const multipart = bodyOf(MULTIPART_TYPE)

const RECORDS = [
  row('a record of a long text', times('a'), recordable, 4_000),
  row('a record of a text that is encoded', times('%41'), recordable, 4_000),
  row('a record of words that begin a credential', times('bearer '), recordable, 4_000),
  row('a record of a prefix without an end', (size) => `stw_${'a'.repeat(size)}`, recordable, 4_000),
  row(
    'a record of a path',
    times('/a%2e'),
    (path) => recordablePath(`https://steward.example${path}`),
    4_000,
  ),
  row('a record of a query', times('a=1&'), (query) => recordablePath(`https://steward.example/?${query}`)),
]

const FORMS = [
  row(
    'a form of many names',
    lines((i) => `x${i}=${i}&`),
    form,
  ),
  row(
    'a form of many members',
    lines((i) => `fields[x${i}]=${i}&`),
    form,
  ),
  row(
    'a form of many members of many names',
    lines((i) => `x${i}[y${i}][]=${i}&`),
    form,
  ),
  row('a form of one name again and again', times('phone=1&'), form),
  row('a form of a list without an end', times('ip_allow[]=10.0.0.0/8&'), keyForm),
  row(
    'a form of a list with numbers',
    lines((i) => `ip_allow[${i}]=10.0.0.0/8&`),
    keyForm,
  ),
  row('a form of a list backwards', (size) => lines((i) => `fields[a][${size - i - 1}]=1&`)(size), form),
  row('a name of brackets', times('['), form, 20_000),
  row('a name of pairs of brackets', (size) => `fields${'[]'.repeat(size)}=`, form, 20_000),
  row('a name that nests', (size) => `fields${'[a]'.repeat(size)}=`, form, 20_000),
  row('names that nest', times(`fields${'[a]'.repeat(50)}[]=1&`), form, 100),
  row('escapes', (size) => `phone=${'%41+'.repeat(size)}`, form, 10_000),
  row('separators', times('&'), form, 10_000),
  row('equals', times('='), form, 20_000),
]

const JSONS = [
  row('JSON that nests', (size) => `{"name":${'['.repeat(size)}${']'.repeat(size)}}`, json, 10_000),
  row(
    'JSON fields that nest',
    (size) => `{"fields":${'{"a":'.repeat(size)}1${'}'.repeat(size)}}`,
    json,
    5_000,
  ),
  row(
    'JSON fields of many members',
    (size) => `{"fields":{${lines((i) => `"a${i}":[[]],`)(size)}"z":1}}`,
    json,
  ),
  row('JSON of members nobody knows', (size) => `{${lines((i) => `"a${i}":1,`)(size)}"z":1}`, json),
  row('a JSON list without an end', (size) => `{"ip_allow":[${'"x",'.repeat(size)}1]}`, keyJson, 5_000),
  row('a JSON list of limits', (size) => `{"customers":[${'1,'.repeat(size)}1]}`, keyJson, 5_000),
]

const PART = '--bbbbbbbbbbbbbbbb\r\nContent-Disposition: form-data; name='
const PARTS_END = '--bbbbbbbbbbbbbbbb--'

const MULTIPARTS = [
  row('many parts', (size) => lines((i) => `${PART}x${i}\r\n\r\n1\r\n`)(size) + PARTS_END, multipart, 500),
  row(
    'many parts that are known again',
    (size) => lines((i) => `${PART}x${i}\r\n\r\n1\r\n`)(size) + PARTS_END,
    async (body) => {
      const request = requestOf(MULTIPART_TYPE, body)
      await rawBody(request, 64 * 1024 * 1024)
      return bodyDigest(request)
    },
    500,
  ),
  row(
    'what is almost a boundary',
    (size) => `${PART}a\r\n\r\n${'\r\n--bbbbbbbbbbbbbbb'.repeat(size)}\r\n${PARTS_END}`,
    multipart,
  ),
  row(
    'what begins with a boundary',
    (size) => `${PART}a\r\n\r\n${'\r\n--bbbbbbbbbbbbbbbbb'.repeat(size)}\r\n${PARTS_END}`,
    multipart,
  ),
  row('hyphens', (size) => `${PART}a\r\n\r\n${'-'.repeat(size)}\r\n${PARTS_END}`, multipart, 20_000),
  row(
    'letters of a boundary',
    (size) => `${PART}a\r\n\r\n--${'b'.repeat(size)}\r\n${PARTS_END}`,
    multipart,
    20_000,
  ),
  row(
    'blanks behind a boundary',
    (size) => `${PART}a\r\n\r\n${`\r\n--bbbbbbbbbbbbbbbb${' '.repeat(200)}x`.repeat(size)}\r\n${PARTS_END}`,
    multipart,
    200,
  ),
  row('headers without an end', (size) => `${PART}a${'; a=b'.repeat(size)}`, multipart, 5_000),
  row('parameters', (size) => `${PART}a${'; '.repeat(size)}x\r\n\r\n1\r\n${PARTS_END}`, multipart, 5_000),
  row(
    'a quote that is never closed',
    (size) => `${PART}"${'\\"'.repeat(size)}\r\n\r\n1\r\n${PARTS_END}`,
    multipart,
    5_000,
  ),
  row(
    'parts with long headers',
    (size) => `${PART}"${'\\"'.repeat(1_000)}\r\n\r\n1\r\n`.repeat(size) + PARTS_END,
    multipart,
    50,
  ),
  row(
    'parameters of the type',
    times(';'),
    (text) => settled(() => bodyOf(`multipart/form-data${text}`)('')),
    4_000,
  ),
]

const CSV = { known: ['email', 'phone', 'fields'], identifying: ['email'], unknown: undefined }
const csv = (text: string) => settled(() => [...rowsOfCsv(new TextEncoder().encode(text), CSV)])
const damagedCsv = (text: string) =>
  settled(() => [...rowsOfCsv(new Uint8Array([...new TextEncoder().encode(text), 0xff]), CSV)])

const FILES = [
  row(
    'a CSV header of many columns',
    lines((i) => `c${i},`),
    csv,
    5_000,
  ),
  row('a CSV header of one column again and again', times('email,'), csv, 5_000),
  row('a CSV header of quotes', times('"'), csv, 10_000),
  row('CSV rows', (size) => `email\n${lines((i) => `a${i}@x.example\n`)(size)}`, csv, 600),
  row(
    'CSV rows that are not UTF-8',
    (size) => `email\n${lines((i) => `a${i}@x.example\n`)(size)}`,
    damagedCsv,
    600,
  ),
  row('CSV rows with an open quote each', (size) => `email,phone\n${'a,"x\n'.repeat(size)}`, csv, 600),
  row('CSV rows of an open quote', (size) => `email,phone\n${'a,"\n'.repeat(size)}`, csv, 600),
  row('an open quote, then pairs', (size) => `email,phone\na,"${'""\n'.repeat(size)}`, csv, 600),
  row(
    'an open quote, then cells of pairs',
    (size) => `email,phone\na,"${'"",""""\n'.repeat(size)}`,
    csv,
    600,
  ),
  row('CSV cells', (size) => `email\n${','.repeat(size)}x`, csv, 10_000),
  row('CSV of nothing', times(',\n'), csv, 10_000),
  row('CSV line ends', times('\r\r\n'), csv, 10_000),
  row('a CSV cell of quotes', (size) => `email\n"${'""'.repeat(size)}"`, csv, 10_000),
  row(
    'NDJSON',
    times('{"email":1}\n'),
    (text) => settled(() => [...rowsOfLines(new TextEncoder().encode(text))]),
    600,
  ),
  row(
    'NDJSON of one line',
    times(' '),
    (text) => settled(() => [...rowsOfLines(new TextEncoder().encode(text))]),
    20_000,
  ),
  ...[';', ' ', ';=', '\t ', `'`, ';"', `;'=`, '="'].flatMap((text) => [
    row(`a cell of ${JSON.stringify(text)} to write`, times(text), (cell) => csvLines([[cell]]), 5_000),
    row(`a cell of ${JSON.stringify(text)} to read`, (size) => `'${text.repeat(size)}`, undefused, 5_000),
    row(
      `JSON of ${JSON.stringify(text)} to write`,
      times(text),
      (cell) => csvLines([[{ a: [cell] }]]),
      5_000,
    ),
  ]),
]

const parse = (schema: { safeParse: (value: unknown) => unknown }) => (value: unknown) =>
  schema.safeParse(value)

const VALUES = [
  ...['a', 'a.', '.', '@', 'a@', '-', 'a@a.', '😀'].map((text) =>
    row(`an email of ${text}`, times(text), parse(email()), 5_000),
  ),
  row('a domain of labels', (size) => `a@${'a.'.repeat(size)}`, parse(email()), 5_000),
  ...['1', '1.', ':', 'a', '0:', '/', '::'].map((text) =>
    row(`a range of ${text}`, times(text), parse(addressRange()), 5_000),
  ),
  row('a time of digits', (size) => `2026-01-01T00:00:00.${'0'.repeat(size)}`, parse(moment()), 5_000),
  row('a time zone', times('a/'), parse(timezone()), 5_000),
  row('a name of blanks', times(' '), parse(name()), 5_000),
  row('a name of emojis', times('😀'), parse(name()), 5_000),
  row('a text', times('😀'), parse(limitedText(255)), 5_000),
  row('a cursor', times('A'), (cursor) => validate(pageQuery(), { cursor }), 5_000),
  row(
    'the content of a cursor',
    times('['),
    (cursor) => settled(() => pageRequest({ cursor: btoa(cursor) }, { types: [] })),
    5_000,
  ),
  row('a signature', times('ab'), fromHex, 5_000),
  row(
    'a Connection header',
    times('close, '),
    (Connection) => settled(() => readCredentials(new Headers({ Connection, 'X-API-KEY': 'x' }))),
    1_000,
  ),
  row(
    'a Connection header of blanks',
    (size) => `a${' '.repeat(size)}b`,
    (Connection) => settled(() => readCredentials(new Headers({ Connection, 'X-API-KEY': 'x' }))),
    1_000,
  ),
  row(
    'gzip',
    (size) => new Uint8Array(gzipSync(new Uint8Array(size))),
    (bytes) => {
      const request = requestOf('application/json', bytes, 'gzip')
      return unpackedBody(request, 64 * 1024 * 1024)
    },
    50_000,
  ),
]

test.each([...RECORDS, ...FORMS, ...JSONS, ...MULTIPARTS, ...FILES, ...VALUES])(
  '$name takes time in proportion to its size',
  async ({ size = 1_000, make, work }) => {
    expect(await growthOf(size, make, work, MAX_GROWTH)).toBeLessThanOrEqual(MAX_GROWTH)
  },
)

describe('of a request, in proportion to its size, takes', () => {
  const header = (name: string, text: string) => (size: number) => ({
    headers: { [name]: text.repeat(size) },
    path: '/lists',
  })
  test.each([
    { name: 'a path', make: (size: number) => ({ path: `/lists/${'a'.repeat(size)}` }) },
    { name: 'a path of slashes', make: (size: number) => ({ path: '/a'.repeat(size / 2) }) },
    { name: 'a path of escapes', make: (size: number) => ({ path: `/lists/${'%41'.repeat(size / 3)}` }) },
    { name: 'a query', make: (size: number) => ({ path: `/lists?${'a=b&'.repeat(size / 4)}` }) },
    { name: 'a query of brackets', make: (size: number) => ({ path: `/lists?${'['.repeat(size)}` }) },
    {
      name: 'a query of escapes',
      make: (size: number) => ({ path: `/lists?search=${'%25'.repeat(size / 3)}` }),
    },
    { name: 'a search', make: (size: number) => ({ path: `/contacts?search=${'a'.repeat(size)}` }) },
    { name: 'a User-Agent', make: header('User-Agent', 'a%41') },
    { name: 'a reason', make: header('X-ADMIN-REASON', 'a ') },
    { name: 'cookies', make: header('Cookie', 'a=b; ') },
    { name: 'Accept', make: header('Accept', 'a/b, ') },
    { name: 'a type', make: header('Content-Type', ';a=b') },
    { name: 'a key for repetition', make: header('Idempotency-Key', 'a') },
  ])('$name', async ({ make }) => {
    const { impersonated } = await customerWithCallers()
    const work = ({ path, headers = {} }: { path: string; headers?: Record<string, string> }) =>
      impersonated(path, { headers })
    await work(make(16))
    expect(await growthOf(750, make, work, MAX_GROWTH)).toBeLessThanOrEqual(MAX_GROWTH)
  })

  test.each([
    { name: 'Authorization', text: 'Bearer  ' },
    { name: 'Authorization', text: ' ' },
    { name: 'SWI-CS', text: 'ab' },
    { name: 'SWI-CID', text: 'a' },
    { name: 'X-Forwarded-For', text: '1, ' },
  ])('$name of $text', async ({ name, text }) => {
    const { call } = await loggedIn()
    const make = (size: number) => (name === 'Authorization' ? 'Bearer ' : '') + text.repeat(size)
    expect(
      await growthOf(750, make, (value) => call('/admin', { headers: { [name]: value } }), MAX_GROWTH),
    ).toBeLessThanOrEqual(MAX_GROWTH)
  })
})
