import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { annotationOf } from '../../src/http/annotations.ts'
import { shapeOf } from '../../src/http/body/shape.ts'
import { type Caller, call, checksum, customerWithCallers, loggedIn } from '../support/calls/http.ts'
import { roleFor, routeTable } from '../support/calls/routes.ts'
import { makeWorld } from '../support/calls/world.ts'
import { recordsOf } from '../support/trail/audit.ts'

const identified = routeTable().filter(({ access }) => access?.kind !== 'public')

/** The schemas of what callers send, by the routes that take it. */
const schemas = createApp().routes.flatMap(({ method, path, handler }) => {
  const { body, query } = annotationOf(handler)
  const isPublic = !identified.some((route) => route.method === method && route.path === path)
  return [body, query].flatMap((schema) =>
    schema && !isPublic ? [{ name: `${method} ${path}`, schema: schema() }] : [],
  )
})

/** What browsers make of passkeys: each version of WebAuthn adds members to it. */
const OF_BROWSERS = /^\.(credential|passkey)(\.response)?$/

/** What is open in a schema: objects that pass over members, lists without an end. */
function openings(schema: (typeof schemas)[number]['schema'], path = ''): string[] {
  const shape = shapeOf(schema)
  if (shape.kind === 'array') {
    const bounded = Number.isFinite(shape.maximum) ? [] : [`${path} has no maximum`]
    return [...bounded, ...openings(shape.element as typeof schema, `${path}[]`)]
  }
  if (shape.kind !== 'object') return []
  const members = Object.entries(shape.members).flatMap(([name, member]) =>
    openings(member as typeof schema, `${path}.${name}`),
  )
  return shape.isStrict || OF_BROWSERS.test(path) ? members : [`${path} is not strict`, ...members]
}

test.each(schemas)('what $name takes is strict and bounded', ({ schema }) => {
  expect(shapeOf(schema).kind).toBe('object')
  expect(openings(schema)).toEqual([])
})

test.each(identified)(
  '$method $path refuses what it does not ask for',
  async ({ method, path, takesBody, access }) => {
    const world = await makeWorld(roleFor({ access }))
    const filled = world.path(path, method)
    const caller = access?.kind === 'customer' ? 'customer' : 'staff'
    const send = (query: string, body?: string, type = 'application/json') => {
      const bytes = body === undefined ? undefined : new TextEncoder().encode(body)
      const headers = { ...world.headers(caller, bytes), 'Content-Type': type }
      return call(filled + query, { method, body: bytes, headers })
    }
    const withParameter = await send('?nmae=1&toString=2', takesBody ? '{}' : undefined)
    expect(withParameter).toMatchObject({
      status: 422,
      json: { code: 'invalid', errors: { nmae: ['is unknown'], toString: ['is unknown'] } },
    })
    if (method === 'GET') return
    const withMember = await send('', '{"nmae":1,"__proto__":{}}')
    expect(withMember.status).toBe(422)
    expect(withMember.json.errors.nmae).toEqual(['is unknown'])
    expect(await send('', '{bad')).toMatchObject({ status: 400, json: { code: 'malformed_body' } })
    expect((await send('', 'x', 'text/plain')).status).toBe(415)
  },
)

describe('a call with parameters that nobody asks for', () => {
  test('is refused for who calls first', async () => {
    expect((await call('/account?x=1')).status).toBe(401)
    expect((await call('/admin?x=1')).status).toBe(401)
    expect((await call('/nowhere?x=1')).status).toBe(404)
  })

  test('is on record where an admin makes it, and changes nothing', async () => {
    const { impersonated, own } = await customerWithCallers()
    const { list } = (await own('/lists', { body: { name: 'Newsletter' } })).json
    const answer = await impersonated(`/lists/${list.uid}?froce=1`, { method: 'DELETE' })
    expect(answer).toMatchObject({ status: 422, json: { errors: { froce: ['is unknown'] } } })
    expect((await own(`/lists/${list.uid}`)).status).toBe(200)
    expect(await recordsOf([answer])).toMatchObject([
      { stage: 'received' },
      { stage: 'completed', status: 422, result: 'client_error' },
    ])
  })

  test.each([
    '/health?x=1',
    '/openapi.json?x=1',
    '/docs?x=1',
    '/admin/unlock?token=x&utm_source=mail',
    '/.well-known/steward-audit-keys.json?x',
  ])('%s is for anybody, and answers', async (path) => {
    expect((await call(path)).status).toBe(path.startsWith('/admin') ? 404 : 200)
  })

  test.each([
    { path: '/lists?page=1&page=2', errors: { page: ['is invalid'] } },
    { path: '/lists?page[]=1', errors: { page: ['is invalid'] } },
    { path: '/lists?page', errors: { page: ["can't be blank"] } },
    { path: '/contacts?search=%ff', errors: { search: ['is invalid'] } },
    { path: '/contacts?search=%ED%A0%80', errors: { search: ['is invalid'] } },
    { path: '/contacts?email=a%', errors: { email: ['is invalid'] } },
    { path: '/lists?__proto__=1', errors: ['__proto__'] },
    { path: '/lists?%ff=1', errors: { '%ff': ['is unknown'] } },
  ])('$path', async ({ path, errors }) => {
    const { own } = await customerWithCallers()
    const answer = await own(path)
    expect(answer.status).toBe(422)
    if (Array.isArray(errors)) expect(Object.keys(answer.json.errors)).toEqual(errors)
    else expect(answer.json.errors).toEqual(errors)
  })
})

describe('JSON that names a member twice is malformed', () => {
  test.each([
    { name: 'a limit of a key', body: '{"name":"x","ip_allow":["10.0.0.0/8"],"ip_allow":[]}' },
    { name: 'written another way', body: '{"name":"x","ip_allow":["10.0.0.0/8"],"ip\\u005fallow":[]}' },
    { name: 'the same again', body: '{"name":"x","name":"x"}' },
    { name: 'deep within', body: '{"name":"x","scopes":[{"a":1,"a":2}]}' },
    { name: 'with a name of quotes and colons', body: '{"\\"::":1,"\\"::":2}' },
  ])('$name', async ({ body }) => {
    const { call } = await loggedIn()
    const answer = await call('/admin/api_keys', { method: 'POST', body })
    expect(answer).toMatchObject({ status: 400, json: { code: 'malformed_body' } })
  })

  test('but not where different objects have members of one name, or texts look like some', async () => {
    const { own } = await customerWithCallers()
    const fields = { a: { a: { a: ':' } }, b: [{ a: 1 }, { a: 2 }], ':': '{"a":1,"a":2}', '\\': '\\":' }
    const { status, json } = await own('/contacts', { body: { email: 'ada@example.com', fields } })
    expect([status, json.contact?.fields]).toEqual([201, fields])
  })
})

test('no more than 100 fields are named', async () => {
  const { own } = await customerWithCallers()
  const body = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`x${i}`, 1]))
  const answer = await own('/lists', { body })
  expect(answer.status).toBe(422)
  expect(Object.keys(answer.json.errors)).toHaveLength(100)
})

describe('where no body is asked for', () => {
  let own: Caller
  let path: string

  beforeEach(async () => {
    own = (await customerWithCallers()).own
    path = `/lists/${(await own('/lists', { body: { name: 'Newsletter' } })).json.list.uid}`
  })

  test.each([
    { name: 'nothing', type: 'application/json', body: '' },
    { name: 'nothing, of a type that nobody reads', type: 'text/plain', body: '' },
    { name: 'an empty object', type: 'application/json', body: '{}' },
    { name: 'PHP’s empty array', type: 'application/json', body: '[]' },
    { name: 'an empty form', type: 'application/x-www-form-urlencoded', body: '' },
    { name: 'an empty multipart form', type: 'multipart/form-data; boundary=b', body: '--b--' },
  ])('$name does no harm', async ({ type, body }) => {
    const answer = await own(path, { method: 'DELETE', headers: { 'Content-Type': type }, body })
    expect(answer.status).toBe(200)
  })

  test.each([
    { type: 'application/json', body: '{"force":true}', status: 422 },
    { type: 'application/x-www-form-urlencoded', body: 'force=1', status: 422 },
    { type: 'application/json', body: '{bad', status: 400 },
    { type: 'application/json', body: '"x"', status: 400 },
    { type: 'application/xml', body: '<x/>', status: 415 },
    { type: 'application/json', body: `{"x":"${'x'.repeat(1024 * 1024)}"}`, status: 413 },
  ])('$type that says $status something is refused', async ({ type, body, status }) => {
    const answer = await own(path, { method: 'DELETE', headers: { 'Content-Type': type }, body })
    expect(answer.status).toBe(status)
    expect((await own(path)).status).toBe(200)
  })
})

describe('a body that is encoded', () => {
  let own: Caller

  beforeEach(async () => {
    own = (await customerWithCallers()).own
  })

  const send = (encoding: string, body: Uint8Array, path = '/lists', type = 'application/json') =>
    own(path, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'Content-Type': type, 'Content-Encoding': encoding },
    })
  const packed = gzipSync('{"name":"x"}')

  test.each([
    { encoding: 'gzip', body: packed },
    { encoding: 'GZIP ', body: packed },
    { encoding: 'identity', body: new TextEncoder().encode('{"name":"x"}') },
    { encoding: 'gzip', body: Buffer.concat([gzipSync('{"name"'), gzipSync(':"x"}')]) },
  ])('with $encoding is read', async ({ encoding, body }) => {
    expect(await send(encoding, body)).toMatchObject({ status: 201, json: { list: { name: 'x' } } })
  })

  test.each([
    { what: 'ends early', body: packed.subarray(0, -3) },
    { what: 'goes on', body: Buffer.concat([packed, Buffer.from('x')]) },
    { what: 'is damaged', body: Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)]) },
    { what: 'is not encoded', body: Buffer.from('{"name":"x"}') },
    { what: 'is empty', body: Buffer.alloc(0) },
  ])('and $what is malformed', async ({ body }) => {
    expect(await send('gzip', body)).toMatchObject({ status: 400, json: { code: 'malformed_body' } })
  })

  test.each(['deflate', 'br', 'x-gzip', 'gzip, gzip', 'identity, gzip', 'constructor'])(
    'with %s is 415',
    async (encoding) => {
      expect(await send(encoding, packed)).toMatchObject({
        status: 415,
        json: { code: 'unsupported_media_type' },
      })
    },
  )

  test('is held to the limits unpacked, and no further', async () => {
    const bomb = gzipSync(Buffer.alloc(60 * 1024 * 1024))
    expect(await send('gzip', bomb)).toMatchObject({ status: 413, json: { code: 'body_too_large' } })
    const limit = 1024 * 1024
    const json = (size: number) => `{"name":"x"${' '.repeat(size - 12)}}`
    expect((await send('gzip', gzipSync(json(limit)))).status).toBe(201)
    expect((await send('gzip', gzipSync(json(limit + 1)))).status).toBe(413)
    const csv = `email\n${'a@example.com\n'.repeat(100)}${'\n'.repeat(2 * limit)}`
    expect((await send('gzip', gzipSync(csv), '/contacts/bulk', 'text/csv')).json.results).toHaveLength(100)
  })

  test('is signed as it was sent', async () => {
    const world = await makeWorld()
    const body = new Uint8Array(gzipSync('{"name":"x"}'))
    const headers = {
      ...world.headers('staff', body),
      'Content-Type': 'application/json',
      'Content-Encoding': 'gzip',
    }
    expect((await call('/admin/clients', { method: 'POST', body, headers })).status).toBe(201)
    const wrong = { ...headers, 'SWI-CS': checksum('x', '{"name":"x"}') }
    expect((await call('/admin/clients', { method: 'POST', body, headers: wrong })).status).toBe(401)
  })
})

test.each(['constructor', 'toString', '__proto__'])(
  'a body of the type %s is none of those that are read',
  async (type) => {
    const { own } = await customerWithCallers()
    expect((await own('/lists', { body: 'x', headers: { 'Content-Type': type } })).status).toBe(415)
  },
)
