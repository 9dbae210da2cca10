import { Buffer } from 'node:buffer'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type Answer, type Caller, type CallOptions, customerWithCallers } from '../support/calls/http.ts'
import { joined, MULTIPART, multipartOf } from '../support/calls/multipart.ts'

let own: Caller

beforeEach(async () => {
  own = (await customerWithCallers()).own
})

interface Sent {
  path: string
  body: Uint8Array<ArrayBuffer>
  headers: Record<string, string>
}

const post = ({ path, body, headers }: Sent, options: CallOptions = {}) =>
  own(path, { method: 'POST', body, headers: { 'Idempotency-Key': 'key-1', ...headers }, ...options })

const isReplay = ({ headers }: Answer) => headers.get('Idempotent-Replayed') === 'true'

const packed = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes))

const json: Sent = {
  path: '/lists',
  body: joined('{"name":"Newsletter"}'),
  headers: { 'Content-Type': 'application/json' },
}

const part = (name: string, more = '') => `Content-Disposition: form-data; name="${name}"${more}`
const NAME = part('name')

const form: Sent = { path: '/lists', body: multipartOf([NAME, 'News']), headers: MULTIPART }

const CSV = part('file', '; filename="a.csv"\r\nContent-Type: text/csv')

const file: Sent = {
  path: '/contacts/bulk',
  body: multipartOf([CSV, 'email\nada@example.com\n']),
  headers: MULTIPART,
}

const query: Sent = { ...file, path: '/contacts/bulk?unknown_columns=ignore' }

describe('the same request', () => {
  test.each<{ said: string; first: Sent; again: Partial<Sent> }>([
    { said: 'with a slash at the end of its path', first: json, again: { path: '/lists/' } },
    { said: 'with an escape in its path', first: json, again: { path: '/l%69sts' } },
    {
      said: 'with a slash before its query',
      first: query,
      again: { path: '/contacts/bulk/?unknown_columns=ignore' },
    },
    {
      said: 'packed',
      first: json,
      again: { body: packed(json.body), headers: { ...json.headers, 'Content-Encoding': 'gzip' } },
    },
    {
      said: 'as a form that is packed',
      first: form,
      again: { body: packed(form.body), headers: { ...MULTIPART, 'Content-Encoding': 'GZIP' } },
    },
    {
      said: 'with its type in another case',
      first: json,
      again: { headers: { 'Content-Type': 'Application/JSON; charset=utf-8' } },
    },
    {
      said: 'under another boundary',
      first: form,
      again: {
        body: joined(`--other\r\n${NAME}\r\n\r\nNews\r\n--other--\r\n`),
        headers: { 'Content-Type': 'multipart/form-data; boundary=other' },
      },
    },
    {
      said: 'with the headers of its parts in another order',
      first: file,
      again: {
        body: multipartOf([
          'content-type: text/csv\r\ncontent-disposition: form-data; filename=a.csv; name=file',
          'email\nada@example.com\n',
        ]),
      },
    },
    {
      said: 'with bytes around its parts',
      first: form,
      again: { body: joined('Hello\r\n', form.body, '!') },
    },
  ])('$said is a repetition', async ({ first, again }) => {
    const [answer, replay] = [await post(first), await post({ ...first, ...again })]
    expect([answer.status < 300, isReplay(answer)]).toEqual([true, false])
    expect([replay.status, replay.text, isReplay(replay)]).toEqual([answer.status, answer.text, true])
  })
})

describe('another request', () => {
  test.each<{ differs: string; first: Sent; again: Partial<Sent> }>([
    {
      differs: 'type',
      first: { ...file, body: joined('email\n'), headers: { 'Content-Type': 'text/csv' } },
      again: { headers: { 'Content-Type': 'application/x-ndjson' } },
    },
    { differs: 'query', first: query, again: { path: '/contacts/bulk?unknown_columns=fields' } },
    { differs: 'text', first: form, again: { body: multipartOf([NAME, 'Newt']) } },
    {
      differs: 'name of a part',
      first: { ...form, body: multipartOf([NAME, 'News'], [part('photo', '; filename=a'), 'x']) },
      again: { body: multipartOf([NAME, 'News'], [part('phota', '; filename=a'), 'x']) },
    },
    {
      differs: 'number of parts',
      first: form,
      again: { body: multipartOf([NAME, 'News'], [part('photo', '; filename=a'), '']) },
    },
    {
      differs: 'order',
      first: { ...form, body: multipartOf([NAME, 'News'], [part('description'), 'x']) },
      again: { body: multipartOf([part('description'), 'x'], [NAME, 'News']) },
    },
    {
      differs: 'border between its parts',
      first: { ...form, body: multipartOf([NAME, 'News'], [part('description'), 'x']) },
      again: { body: multipartOf([NAME, `News${part('description')}x`]) },
    },
    {
      differs: 'file by one byte',
      first: file,
      again: { body: multipartOf([CSV, 'email\nada@example.con\n']) },
    },
    {
      differs: 'file’s name',
      first: file,
      again: { body: multipartOf([CSV.replace('a.csv', 'b.csv'), 'email\nada@example.com\n']) },
    },
    {
      differs: 'file’s type',
      first: file,
      again: { body: multipartOf([CSV.replace('text/csv', 'text/plain'), 'email\nada@example.com\n']) },
    },
  ])('whose $differs differs is none', async ({ first, again }) => {
    expect((await post(first)).status).toBeLessThan(300)
    const { status, json } = await post({ ...first, ...again })
    expect([status, json.code]).toEqual([422, 'idempotency_key_reused'])
  })

  test.each([
    { broken: 'a form without an end', body: joined(`--b\r\n${NAME}\r\n\r\nNews`), headers: MULTIPART },
    {
      broken: 'a form without a boundary',
      body: form.body,
      headers: { 'Content-Type': 'multipart/form-data' },
    },
    {
      broken: 'a form that is no gzip',
      body: form.body,
      headers: { ...MULTIPART, 'Content-Encoding': 'gzip' },
    },
    {
      broken: 'a form whose text is not UTF-8',
      body: multipartOf([NAME, new Uint8Array([0xff])]),
      headers: MULTIPART,
    },
  ])('that is $broken is malformed, and leaves the key as it was', async ({ body, headers }) => {
    const { status, json } = await post({ path: '/lists', body, headers })
    expect([status, json.code]).toEqual([400, 'malformed_body'])
    expect(isReplay(await post(form))).toBe(false)
  })
})

test('a form is known by its files without a copy of them', async () => {
  const made = [
    vi.spyOn(JSON, 'stringify'),
    vi.spyOn(Buffer.prototype, 'toString'),
    vi.spyOn(TextEncoder.prototype, 'encode'),
  ]
  const photo = new Uint8Array(512 * 1024).fill(0xff)
  const body = joined(`--b\r\n${part('photo', '; filename="a.png"')}\r\n\r\n`)
  const whole = new Uint8Array(await new Blob([body, photo, '\r\n', form.body]).arrayBuffer())
  expect((await post({ ...form, body: whole })).status).toBe(201)
  const sizes = made.flatMap((spy) => spy.mock.results.map(({ value }) => value?.length ?? 0))
  vi.restoreAllMocks()
  expect(sizes.length).toBeGreaterThan(0)
  expect(Math.max(...sizes)).toBeLessThan(50_000)
})
