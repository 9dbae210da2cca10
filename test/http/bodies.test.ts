import { beforeEach, describe, expect, test } from 'vitest'
import { type Caller, customerWithCallers } from '../support/calls/http.ts'

let own: Caller

beforeEach(async () => {
  own = (await customerWithCallers()).own
})

const FORM = 'application/x-www-form-urlencoded'

function multipart(fields: Record<string, string>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return form
}

describe('the same contact comes of', () => {
  test.each([
    {
      name: 'JSON',
      options: {
        body: { email: 'ada@example.com', first_name: 'Adä', fields: { city: 'York', tags: ['a', 'b'] } },
      },
    },
    {
      name: 'JSON with a charset and a byte order mark',
      options: {
        body: '\ufeff{"email":"ada@example.com","first_name":"Ad\\u00e4","fields":{"city":"York","tags":["a","b"]}}',
        headers: { 'Content-Type': 'Application/JSON; charset=utf-8' },
      },
    },
    {
      name: 'a URL-encoded form',
      options: {
        body: 'email=ada%40example.com&first_name=Ad%C3%A4&fields[city]=York&fields[tags][]=a&fields%5Btags%5D%5B%5D=b',
        headers: { 'Content-Type': FORM },
      },
    },
    {
      name: 'a multipart form',
      options: {
        body: multipart({
          email: 'ada@example.com',
          first_name: 'Adä',
          'fields[city]': 'York',
          'fields[tags][0]': 'a',
          'fields[tags][1]': 'b',
        }),
      },
    },
  ])('$name', async ({ options }) => {
    const { uid } = (await own('/contacts', options)).json.contact
    expect((await own(`/contacts/${uid}`)).json.contact).toMatchObject({
      email: 'ada@example.com',
      first_name: 'Adä',
      fields: { city: 'York', tags: ['a', 'b'] },
    })
  })
})

describe('refused is', () => {
  const json = 'application/json'
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  test.each([
    { name: 'broken JSON', body: '{"name":', type: json, status: 400, code: 'malformed_body' },
    { name: 'JSON that is no object', body: '["name"]', type: json, status: 400, code: 'malformed_body' },
    { name: 'null', body: 'null', type: json, status: 400, code: 'malformed_body' },
    { name: 'an empty body that says it is JSON', body: '', type: json, status: 400, code: 'malformed_body' },
    {
      name: 'bytes that are not UTF-8',
      body: new Uint8Array([123, 34, 255, 34, 125]),
      type: json,
      status: 400,
      code: 'malformed_body',
    },
    {
      name: 'a form with broken percent signs',
      body: 'name=%E0%A4%A',
      type: FORM,
      status: 400,
      code: 'malformed_body',
    },
    {
      name: 'a form that nests too deep',
      body: `name${'[a]'.repeat(50_000)}=1`,
      type: FORM,
      status: 422,
      code: 'invalid',
    },
    {
      name: 'a form with too many fields',
      body: 'a&'.repeat(260_000),
      type: FORM,
      status: 413,
      code: 'body_too_large',
    },
    {
      name: 'a multipart form without its boundary',
      body: 'name=x',
      type: 'multipart/form-data',
      status: 400,
      code: 'malformed_body',
    },
    {
      name: 'a multipart form that ends early',
      body: '--x\r\nContent-Disp',
      type: 'multipart/form-data; boundary=x',
      status: 400,
      code: 'malformed_body',
    },
    { name: 'text', body: 'name=x', type: 'text/plain', status: 415, code: 'unsupported_media_type' },
    { name: 'XML', body: '<name/>', type: 'application/xml', status: 415, code: 'unsupported_media_type' },
    {
      name: 'a type that only begins right',
      body: '{}',
      type: 'application/jsonp',
      status: 415,
      code: 'unsupported_media_type',
    },
    {
      name: 'a name of an object’s own',
      body: '{"__proto__":{"name":"x"}}',
      type: json,
      status: 422,
      code: 'invalid',
    },
    { name: 'nesting without end', body: `{"name":${deep}}`, type: json, status: 422, code: 'invalid' },
    {
      name: 'a body of over 1 MiB',
      body: `{"name":"${'x'.repeat(1024 * 1024)}"}`,
      type: json,
      status: 413,
      code: 'body_too_large',
    },
  ])('$name', async ({ body, type, status, code }) => {
    const answer = await own('/lists', { method: 'POST', body, headers: { 'Content-Type': type } })
    expect(answer).toMatchObject({ status, json: { status: 'error', code } })
    expect((await own('/lists')).json.pagination.total).toBe(0)
  })

  test('no body at all, for what it lacks', async () => {
    expect(await own('/lists', { method: 'POST' })).toMatchObject({
      status: 422,
      json: { errors: { name: ["can't be blank"] } },
    })
  })

  test('a file where text should be', async () => {
    const form = new FormData()
    form.append('name', new File(['x'], 'x.txt'))
    expect(await own('/lists', { body: form })).toMatchObject({
      status: 422,
      json: { errors: { name: ['is invalid'] } },
    })
  })
})

describe('a body that declares its length', () => {
  const declaring = (length: number, body: string) =>
    own('/lists', { body, headers: { 'Content-Type': 'application/json', 'Content-Length': `${length}` } })

  test('is read', async () => {
    expect(await declaring(12, '{"name":"x"}')).toMatchObject({ status: 201, json: { list: { name: 'x' } } })
  })

  test('is refused for the length it declares, or has', async () => {
    expect(await declaring(1024 * 1024 + 1, '{"name":"x"}')).toMatchObject({ status: 413 })
    expect(await declaring(12, `{"name":"${'x'.repeat(1024 * 1024)}"}`)).toMatchObject({ status: 413 })
  })
})

test('a body of 1 MiB to the byte is read', async () => {
  const body = `{"name":"x"${' '.repeat(1024 * 1024 - 12)}}`
  expect(body).toHaveLength(1024 * 1024)
  expect(await own('/lists', { body, headers: { 'Content-Type': 'application/json' } })).toMatchObject({
    status: 201,
  })
})
