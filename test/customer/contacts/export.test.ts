import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import worker from '../../../src/index.ts'
import { failingDatabase } from '../../support/bindings/bindings.ts'
import { countedBindings } from '../../support/bindings/counted-bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { type Caller, customerWithCallers } from '../../support/calls/http.ts'
import { recordsOf } from '../../support/trail/audit.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>
let own: Caller

beforeEach(async () => {
  customer = await customerWithCallers()
  own = customer.own
})

const emailOf = (i: number) => `person-${i}@example.com`

const seed = (count: number) =>
  own('/contacts/bulk', {
    body: { contacts: Array.from({ length: count }, (_, i) => ({ email: emailOf(i) })) },
  })

/** Starts an export on bindings of the test's own. */
const started = (bindings: Cloudflare.Env, format = 'ndjson') =>
  worker.fetch(
    new Request(`https://steward.example/contacts/export?format=${format}`, {
      headers: { 'X-API-KEY': customer.key },
    }),
    bindings,
    createExecutionContext(),
  )

const HOSTILE = [
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  "'=1",
  "''+1",
  "'plain",
  'with, comma',
  'with "quotes"',
  'two\nlines',
  ' spaces ',
  'ünïcödé 😀',
]

describe('what was exported comes back by bulk as it was', () => {
  test.each([
    { format: 'csv', type: 'text/csv; charset=utf-8; header=present' },
    { format: 'ndjson', type: 'application/x-ndjson' },
  ])('$format', async ({ format, type }) => {
    const contacts = HOSTILE.map((text, i) => ({
      email: emailOf(i),
      first_name: text,
      last_name: i % 2 ? text : null,
      fields: { text, '=cell': [text, 1, null] },
    }))
    await own('/contacts/bulk', { body: { contacts } })
    const exported = await own(`/contacts/export?format=${format}`)
    expect(exported.status).toBe(200)
    expect(Object.fromEntries(exported.headers)).toMatchObject({
      'content-type': type,
      'content-disposition': `attachment; filename="contacts.${format}"`,
      'cache-control': 'no-store',
    })

    const other = await customerWithCallers()
    const imported = await other.own('/contacts/bulk', {
      body: exported.text,
      headers: { 'Content-Type': type },
    })
    expect(imported.json).toMatchObject({ created: HOSTILE.length, invalid: 0 })
    expect((await other.own('/contacts?per_page=100')).json.contacts).toMatchObject(contacts)
  })
})

test('no cell of the CSV begins with what a spreadsheet takes for a formula', async () => {
  await own('/contacts/bulk', {
    body: { contacts: HOSTILE.map((text, i) => ({ email: emailOf(i), first_name: text })) },
  })
  const { text } = await own('/contacts/export?format=csv')
  const lines = text.split('\r\n')
  expect(lines[0]).toBe('uid,email,first_name,last_name,phone,fields,created_at,updated_at')
  expect(text.endsWith('\r\n')).toBe(true)
  expect(text).toContain(`"'=1+1"`)
  expect(text).toContain(`"''=1"`)
  expect(text).not.toMatch(/(^|,|\r\n)"?[=+\-@\t\r]/)
})

test('of a customer without contacts CSV has the columns and NDJSON nothing', async () => {
  expect((await own('/contacts/export?format=csv')).text).toMatch(/^uid,email,[a-z_,]+\r\n$/)
  expect((await own('/contacts/export?format=ndjson')).text).toBe('')
})

test.each([
  ['/contacts/export', "can't be blank"],
  ['/contacts/export?format=xml', 'is not included in the list'],
])('%s is refused', async (path, text) => {
  expect(await own(path)).toMatchObject({ status: 422, json: { errors: { format: [text] } } })
})

describe('with 5,500 contacts', () => {
  beforeEach(() => seed(5_500))

  test('every one is there once, in order, and none of another customer', async () => {
    const other = await customerWithCallers()
    await other.own('/contacts', { body: { email: 'other@example.com' } })
    const { text } = await own('/contacts/export?format=ndjson')
    const emails = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).email)
    expect(emails).toEqual(Array.from({ length: 5_500 }, (_, i) => emailOf(i)))
  })

  test('a page is read when its reader asks for it, and none ahead', async () => {
    const { bindings, counts } = countedBindings(env)
    const response = await started(bindings)
    expect(counts.d1).toBeLessThanOrEqual(2)
    const [atStart, readAtStart] = [counts.d1, counts.rowsRead]
    // Beside each row its size is read, summed up and looked at.
    expect(readAtStart).toBeLessThan(4 * 2_500 + 10)
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    for (const trips of [0, 1, 2]) {
      expect((await reader.read()).done).toBe(false)
      expect(counts.d1 - atStart).toBe(trips)
      expect(counts.rowsRead - readAtStart).toBeLessThan(4 * Math.min(trips * 2_500, 3_000) + 10 * trips + 1)
    }
    expect((await reader.read()).done).toBe(true)
    expect(counts.d1 - atStart).toBe(2)
  })

  test('a million would be within the thousand statements that D1 runs for an invocation', async () => {
    const { bindings, counts } = countedBindings(env)
    const reader = ((await started(bindings)).body as ReadableStream<Uint8Array>).getReader()
    let rows = 0
    for (const _ of ['the first page', 'the second']) {
      const { value } = await reader.read()
      rows += new TextDecoder().decode(value).trimEnd().split('\n').length
    }
    expect((counts.statements / rows) * 1_000_000).toBeLessThan(1_000)
    await reader.cancel()
  })

  test('a reader who goes away stops the work', async () => {
    const { bindings, counts } = countedBindings(env)
    const reader = ((await started(bindings)).body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    await reader.read()
    const trips = counts.d1
    await reader.cancel()
    await own('/lists')
    expect(counts.d1).toBe(trips)
  })

  test('HEAD reads the first page and no more', async () => {
    const { bindings, counts } = countedBindings(env)
    await own('/lists')
    const response = await own('/contacts/export?format=csv', {
      method: 'HEAD',
      via: async (request) => worker.fetch(request, bindings, createExecutionContext()),
    })
    expect(response).toMatchObject({ status: 200, text: '' })
    expect(counts.d1).toBe(1)
  })

  test('a page that cannot be read ends the stream with an error, not as if it were whole', async () => {
    expectLogged('"task":"contacts export"')
    await own('/lists')
    const response = await started({ ...env, DB: failingDatabase({ from: 3 }) })
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow('the export was cut short')
  })
})

describe('with contacts of all the fields that they may have', () => {
  const LARGE = { text: 'x'.repeat(15_000) }

  test.each([
    { what: 'large', fieldsOf: () => LARGE },
    { what: 'small, then large', fieldsOf: (i: number) => (i < 100 ? {} : LARGE) },
    { what: 'large in threes', fieldsOf: (i: number) => (i % 3 ? {} : LARGE) },
  ])('a page has a bound in bytes, and all are there: $what', async ({ fieldsOf }) => {
    const contacts = Array.from({ length: 450 }, (_, i) => ({ email: emailOf(i), fields: fieldsOf(i) }))
    await own('/contacts/bulk', { body: { contacts } })
    const { bindings, counts } = countedBindings(env)
    const pages: Uint8Array[] = []
    for await (const page of (await started(bindings)).body ?? []) pages.push(page)
    const texts = pages.map((page) => new TextDecoder().decode(page))
    const lines = texts.join('').trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject(contacts)
    // Fields of 2 MB with the row that goes beyond, and what the rows have beside them.
    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThan(2_000_000 + 16_384 + 450 * 250)
    const bytes = contacts.reduce((sum, { fields }) => sum + JSON.stringify(fields).length, 0)
    expect(pages).toHaveLength(Math.ceil(bytes / 2_000_000))
    expect(counts.d1).toBe(pages.length)
  })
})

test('a first page that cannot be read is a refusal', async () => {
  expectLogged('dependency_unavailable')
  await own('/lists')
  expect((await started({ ...env, DB: failingDatabase() })).status).toBe(503)
})

test('an admin that acts for the customer gets the same bytes, on record under the route’s own name', async () => {
  await seed(3)
  const [first, second] = [
    await own('/contacts/export?format=csv'),
    await customer.impersonated('/contacts/export?format=csv'),
  ]
  expect(second.text).toBe(first.text)
  expect(await recordsOf([second])).toMatchObject([
    { stage: 'received', route: '/contacts/export', status: null },
    { stage: 'completed', route: '/contacts/export', status: 200, rows: 3 },
  ])
})
