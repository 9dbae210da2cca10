import { beforeEach, describe, expect, test } from 'vitest'
import { type Caller, customerWithCallers } from '../support/calls/http.ts'
import { joined, MULTIPART, multipartOf } from '../support/calls/multipart.ts'

let own: Caller

beforeEach(async () => {
  own = (await customerWithCallers()).own
})

const DISPOSITION = 'Content-Disposition: form-data'
const NAME = `${DISPOSITION}; name="name"`

const post = (body: Uint8Array, headers: Record<string, string> = MULTIPART) =>
  own('/lists', { method: 'POST', body, headers })

describe('a list comes of the multipart form of', () => {
  test.each([
    { client: 'browsers', headers: NAME },
    { client: 'curl', headers: `${NAME}\r\nContent-Type: text/plain` },
    {
      client: '.NET',
      headers: 'Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=name',
    },
    { client: 'ktor', headers: 'Content-Disposition: form-data; name=name\r\nContent-Length: 5' },
    { client: 'a client with other cases', headers: 'CONTENT-DISPOSITION: FORM-DATA; NAME="name"' },
    { client: 'a client with blanks', headers: 'content-disposition : form-data ;  name = "name" ; ' },
    { client: 'a client that folds lines', headers: 'Content-Disposition: form-data;\r\n name="name"' },
    {
      client: 'a client that escapes',
      headers: 'Content-Disposition: form-data; x="a\\"; name=\\"z"; name=name',
    },
    { client: 'a client that names no encoding', headers: `${NAME}\r\nContent-Transfer-Encoding: 8bit` },
    { client: '.NET, encoded', headers: `${DISPOSITION}; name="=?utf-8?B?bmFtZQ==?="` },
  ])('$client', async ({ headers }) => {
    const answer = await post(multipartOf([headers, 'Köln, --b\r\n\r\n']))
    expect(answer).toMatchObject({ status: 201, json: { list: { name: 'Köln, --b\r\n\r\n' } } })
  })

  test.each([
    { client: 'a quoted boundary in other cases', type: 'Multipart/Form-Data; charset=utf-8; Boundary="b"' },
    { client: 'a preamble and an epilogue', before: 'Hello\r\n', after: 'Bye' },
    { client: 'lines that end with LF', text: `--b\n${NAME}\n\nx\n--b--\n` },
    { client: 'blanks after the boundary, and no last line end', text: `--b \r\n${NAME}\r\n\r\nx\r\n--b--` },
    {
      client: 'a boundary that others begin with',
      text: `--b\r\n${NAME}\r\n\r\nx\r\n--bc\r\n--b--\r\n`,
      name: 'x\r\n--bc',
    },
  ])('$client', async ({ type, before = '', after = '', text, name = 'x' }) => {
    const body = text === undefined ? multipartOf([NAME, 'x']) : joined(text)
    const headers = { 'Content-Type': type ?? MULTIPART['Content-Type'] }
    const answer = await post(joined(before, body, after), headers)
    expect(answer).toMatchObject({ status: 201, json: { list: { name } } })
  })
})

const FILE = `${DISPOSITION}; name="photo"; filename="a.png"\r\nContent-Type: image/png`

test('a file that no field takes is ignored, whatever its name', async () => {
  const png = new Uint8Array([0xff, 0, 0xfe])
  const answer = await post(
    multipartOf(
      [NAME, 'x'],
      [FILE, png],
      [`${DISPOSITION}; filename*=utf-8''b.png`, png],
      [`${DISPOSITION}; name=toString; filename=my photo.png`, png],
      [`${DISPOSITION}; name="photos[]"; filename=a.png`, png],
      [`${DISPOSITION}; name="scans[front][0]"; filename=a.png`, png],
    ),
  )
  expect(answer).toMatchObject({ status: 201, json: { list: { name: 'x' } } })
})

test.each([
  {
    what: 'a file where text should be',
    parts: [`${NAME}; filename="x.txt"`],
    errors: { name: ['is invalid'] },
  },
  {
    what: 'a field that nobody knows',
    parts: [NAME, `${DISPOSITION}; name=nmae`],
    errors: { nmae: ['is unknown'] },
  },
  { what: 'a field twice', parts: [NAME, NAME], errors: { name: ['is invalid'] } },
])('$what is invalid', async ({ parts, errors }) => {
  const answer = await post(multipartOf(...parts.map((headers): [string, string] => [headers, 'x'])))
  expect(answer).toMatchObject({ status: 422, json: { errors } })
})

test.each([
  { what: 'that ends early', body: `--b\r\n${NAME}\r\n\r\nx\r\n` },
  { what: 'whose part has no name', body: multipartOf([DISPOSITION, 'x']) },
  {
    what: 'whose part is no form data',
    body: multipartOf(['Content-Disposition: attachment; name=name', 'x']),
  },
  { what: 'whose part has no headers', body: multipartOf(['', 'x']) },
  { what: 'whose name is never closed', body: multipartOf([`${DISPOSITION}; name="name`, 'x']) },
  { what: 'in base64', body: multipartOf([`${NAME}\r\nContent-Transfer-Encoding: base64`, 'eA==']) },
  { what: 'in Latin-1', body: multipartOf([NAME, new Uint8Array([0x4b, 0xf6])]) },
  { what: 'without a boundary', body: multipartOf([NAME, 'x']), type: 'multipart/form-data' },
  {
    what: 'with a long boundary',
    body: multipartOf([NAME, 'x']),
    type: `multipart/form-data; boundary=${'b'.repeat(71)}`,
  },
])('a form $what is malformed', async ({ body, type }) => {
  const headers = { 'Content-Type': type ?? MULTIPART['Content-Type'] }
  expect(await post(joined(body), headers)).toMatchObject({ status: 400, json: { code: 'malformed_body' } })
})
