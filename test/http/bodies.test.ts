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
    [
      'JSON',
      { body: { email: 'ada@example.com', first_name: 'Adä', fields: { city: 'York', tags: ['a', 'b'] } } },
    ],
    [
      'JSON with a charset and a byte order mark',
      {
        body: '\ufeff{"email":"ada@example.com","first_name":"Ad\\u00e4","fields":{"city":"York","tags":["a","b"]}}',
        headers: { 'Content-Type': 'Application/JSON; charset=utf-8' },
      },
    ],
    [
      'a URL-encoded form',
      {
        body: 'email=ada%40example.com&first_name=Ad%C3%A4&fields[city]=York&fields[tags][]=a&fields%5Btags%5D%5B%5D=b',
        headers: { 'Content-Type': FORM },
      },
    ],
    [
      'a multipart form',
      {
        body: multipart({
          email: 'ada@example.com',
          first_name: 'Adä',
          'fields[city]': 'York',
          'fields[tags][0]': 'a',
          'fields[tags][1]': 'b',
        }),
      },
    ],
  ])('%s', async (_, options) => {
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
    ['broken JSON', '{"name":', json, 400, 'malformed_body'],
    ['JSON that is no object', '["name"]', json, 400, 'malformed_body'],
    ['null', 'null', json, 400, 'malformed_body'],
    ['an empty body that says it is JSON', '', json, 400, 'malformed_body'],
    ['bytes that are not UTF-8', new Uint8Array([123, 34, 255, 34, 125]), json, 400, 'malformed_body'],
    ['a form with broken percent signs', 'name=%E0%A4%A', FORM, 400, 'malformed_body'],
    ['a form that nests too deep', `name${'[a]'.repeat(50_000)}=1`, FORM, 422, 'invalid'],
    ['a form with too many fields', 'a&'.repeat(260_000), FORM, 413, 'body_too_large'],
    ['a multipart form without its boundary', 'name=x', 'multipart/form-data', 400, 'malformed_body'],
    [
      'a multipart form that ends early',
      '--x\r\nContent-Disp',
      'multipart/form-data; boundary=x',
      400,
      'malformed_body',
    ],
    ['text', 'name=x', 'text/plain', 415, 'unsupported_media_type'],
    ['XML', '<name/>', 'application/xml', 415, 'unsupported_media_type'],
    ['a type that only begins right', '{}', 'application/jsonp', 415, 'unsupported_media_type'],
    ['a name of an object’s own', '{"__proto__":{"name":"x"}}', json, 422, 'invalid'],
    ['nesting without end', `{"name":${deep}}`, json, 422, 'invalid'],
    ['a body of over 1 MiB', `{"name":"${'x'.repeat(1024 * 1024)}"}`, json, 413, 'body_too_large'],
  ])('%s', async (_, body, type, status, code) => {
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
