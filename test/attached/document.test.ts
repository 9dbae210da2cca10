import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { attachedPrefixes } from '../../src/attached/attached.routes.ts'
import { attachedService, saidAt, seen } from '../support/attached/attached.ts'
import { expectLogged } from '../support/bindings/logged.ts'
import { call } from '../support/calls/http.ts'

const documentOf = async (settings: Record<string, unknown>) => {
  const answer = await attachedService(settings).through(call)('/openapi.json')
  expect(answer.status).toBe(200)
  return answer.json
}

test('without a document of its own an attached API is in none, and what it answers is not told as Steward’s', async () => {
  const { paths } = await documentOf({})
  expect(Object.keys(paths)).toContain('/contacts')
  expect(Object.keys(paths).filter((path) => /^\/(lists|v1|campaigns)/.test(path))).toEqual([])
})

test('with one its operations are in, called as Steward’s are, and nothing of theirs replaces what is here', async () => {
  const { paths, components, tags } = await documentOf({ CUSTOMER_API_OPENAPI: '/openapi.json' })
  expect(paths['/v1/orders'].get).toEqual({
    operationId: 'listLists',
    summary: 'GET /v1/orders',
    tags: ['Orders'],
    parameters: [],
    security: [{ customerKey: [] }, { adminKey: [], customer: [] }],
    responses: {
      200: {
        description: 'Success',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Attached.AdminError' } } },
      },
    },
  })
  expect(paths).toHaveProperty(['/v1/orders/{id}'])
  expect(components.schemas['Attached.AdminError'].properties).toHaveProperty('order')
  expect(components.schemas.AdminError.properties).toHaveProperty('code')
  expect(components.securitySchemes).not.toHaveProperty('theirs')
  expect(tags).toContainEqual({ name: 'Orders' })
})

test('only what lies below the prefixes is in, and ids stay unambiguous', async () => {
  const settings = { CUSTOMER_API_OPENAPI: '/openapi.json', CUSTOMER_API_PATHS: '/v1/orders/' }
  const { paths } = await documentOf(settings)
  expect(paths['/v1/orders'].get.operationId).toBe('attached_listLists')
  expect(paths['/lists'].get.operationId).toBe('listLists')
  expect(paths).not.toHaveProperty(['/v2/orders'])
})

test.each([
  { name: 'none', path: '/status/x', message: 'no OpenAPI 3 document' },
  { name: 'none that is JSON', path: '/v1/until-closed', message: 'JSON' },
  { name: 'no answer', path: '/v1/garbage', message: 'Network connection lost' },
  { name: 'another kind of document', path: '/v1/echo', message: 'no OpenAPI 3 document' },
])('an API that gives $name leaves Steward’s own, and the log says why', async ({ path, message }) => {
  const log = expectLogged('attached_document')
  const { paths } = await documentOf({ CUSTOMER_API_OPENAPI: path })
  expect(paths).toHaveProperty('/contacts')
  expect(log.lines().map((line) => JSON.parse(line).message)).toEqual([expect.stringContaining(message)])
})

/** An OpenAPI document with these members. */
const saying = (members: Record<string, unknown>) => ({
  CUSTOMER_API_OPENAPI: saidAt({ openapi: '3.0.3', info: { title: 'Orders' }, ...members }),
})

const responses = { 200: { description: 'Success' } }

describe('an operation of theirs', () => {
  test('has what ours have, where it has it not, and every id and tag is there once', async () => {
    const { paths, tags } = await documentOf(
      saying({
        tags: [{ name: 'Goods', description: 'What is sold' }, { name: 'Contacts' }, { name: 'Unused' }],
        paths: {
          '/v1/a': { get: { operationId: 'listContacts', responses, tags: ['Goods', 'New'] } },
          '/v1/b': { get: { operationId: 'listContacts', responses, tags: ['Contacts'], summary: 'List' } },
          '/v1/c/{id}': { get: { responses }, put: { responses } },
        },
      }),
    )
    const theirs = ['/v1/a', '/v1/b', '/v1/c/{id}'].flatMap((path) => Object.values(paths[path])) as {
      operationId: string
    }[]
    expect(theirs).toMatchObject([
      { operationId: 'attached_listContacts', summary: 'GET /v1/a', tags: ['Goods', 'New'] },
      {
        operationId: expect.stringMatching(/^attached_listContacts_\d+$/),
        summary: 'List',
        tags: ['Contacts'],
      },
      { operationId: 'get_v1_c_id_', summary: 'GET /v1/c/{id}', tags: ['Orders'], responses },
      { operationId: 'put_v1_c_id_', summary: 'PUT /v1/c/{id}', tags: ['Orders'], responses },
    ])
    const names = tags.map(({ name }: { name: string }) => name)
    expect(names).toEqual([...new Set(names)])
    expect(names).toEqual(expect.arrayContaining(['Goods', 'New', 'Contacts', 'Orders']))
    expect(names).not.toContain('Unused')
    expect(tags).toContainEqual({ name: 'Goods', description: 'What is sold' })
  })

  test('is one that is passed on, and has the parameters of its path', async () => {
    const id = { in: 'path', name: 'id', required: true, schema: { type: 'string' } }
    const number = { ...id, schema: { type: 'integer' } }
    const page = { in: 'query', name: 'page', schema: { type: 'integer' } }
    const { paths } = await documentOf(
      saying({
        components: { parameters: { id, page }, pathItems: { shared: { get: { responses } } } },
        paths: {
          '/v1/orders/{id}': {
            parameters: [{ $ref: '#/components/parameters/id' }, page],
            get: { responses },
            put: { responses, parameters: [number] },
            options: { responses },
            trace: { responses },
            'x-note': 'of theirs',
          },
          '/v1/shared': { $ref: '#/components/pathItems/shared' },
        },
      }),
    )
    expect(Object.keys(paths['/v1/orders/{id}'])).toEqual(['get', 'put'])
    expect(paths['/v1/orders/{id}'].get.parameters).toEqual([id, page])
    expect(paths['/v1/orders/{id}'].put.parameters).toEqual([number, page])
    expect(paths['/v1/shared'].get).toMatchObject({ summary: 'GET /v1/shared' })
  })
})

const sane = { '/v1/sane': { get: { responses } } }

test.each([
  { name: 'an item that is null', members: { paths: { ...sane, '/v1/x': null } } },
  { name: 'an operation that is null', members: { paths: { ...sane, '/v1/x': { get: null, put: 'x' } } } },
  { name: 'parameters of no kind', members: { paths: { ...sane, '/v1/x': { parameters: 'x', get: {} } } } },
  { name: 'references to nothing', members: { paths: { ...sane, '/v1/x': { $ref: '#/components/y/z' } } } },
  {
    name: 'an odd operation',
    members: { paths: { ...sane, '/v1/x': { get: { tags: 'x', operationId: 5 } } } },
  },
  { name: 'tags of no kind', members: { paths: sane, tags: [null, 'x', { name: 5 }] } },
  { name: 'tags that are none', members: { paths: sane, tags: { a: 1 } } },
  { name: 'a server that is null', members: { paths: sane, servers: [null] } },
  {
    name: 'a server whose port is a variable',
    members: { paths: sane, servers: [{ url: 'https://{u}.example.com:{port}/{basePath}' }] },
  },
  { name: 'components that are a list', members: { paths: sane, components: [null, 'x'] } },
  { name: 'a group that is null', members: { paths: sane, components: { schemas: null, parameters: 'x' } } },
  { name: 'no title', members: { paths: sane, info: null } },
])('$name in their document is passed over', async ({ members }) => {
  const { paths } = await documentOf(saying(members))
  expect(paths['/v1/sane'].get.responses).toEqual(responses)
  expect(paths).toHaveProperty('/contacts')
})

test('the variables of their server have their defaults', async () => {
  const variables = { u: { default: 'demo' }, port: { default: '8443' }, basePath: { default: 'v1' } }
  const servers = [{ url: 'https://{u}.example.com:{port}/{basePath}', variables }]
  const { paths } = await documentOf(saying({ servers, paths: { '/sane': { get: { responses } } } }))
  expect(paths).toHaveProperty('/v1/sane')
})

describe.each([
  { name: 'path items', large: 'pathItems', path: { $ref: '#/components/pathItems/large' } },
  {
    name: 'parameters of paths',
    large: 'parameters',
    path: { parameters: [{ $ref: '#/components/parameters/large' }], get: { responses } },
  },
])('$name that many paths name', ({ large, path }) => {
  const documentWith = (places: number) => {
    const paths = Object.fromEntries(Array.from({ length: places }, (_, n) => [`/v1/${n}`, path]))
    const value = { in: 'query', name: 'x', description: 'x'.repeat(100_000), get: { responses } }
    const components = { [large]: { large: value } }
    const binding = { fetch: async () => Response.json({ openapi: '3.1.0', components, paths }) }
    return documentOf({ CUSTOMER_API: binding, CUSTOMER_API_URL: '', CUSTOMER_API_OPENAPI: '/x' })
  }

  test('are shown with each', async () => {
    expect((await documentWith(50)).paths).toHaveProperty('/v1/49')
  })

  test('are not, where that makes the document too large, and the log says so', async () => {
    expectLogged('the document is longer than 8388608 characters')
    const { paths } = await documentWith(100)
    expect(paths).not.toHaveProperty('/v1/0')
    expect(paths).toHaveProperty('/contacts')
  })
})

test.each([{ paths: null }, { paths: ['x'] }, { paths: 'x' }])(
  'paths that are $paths leave Steward’s own',
  async (members) => {
    expect((await documentOf(saying(members))).paths).toHaveProperty('/contacts')
  },
)

describe('however often the document is asked for', () => {
  async function service(path: string) {
    const { bindings } = attachedService({ CUSTOMER_API_OPENAPI: path })
    let now = Date.now()
    const app = createApp(
      () => now,
      () => undefined,
      attachedPrefixes(bindings),
    )
    const ask = async () => {
      const context = createExecutionContext()
      const answer = await app.fetch(new Request('https://steward.example/openapi.json'), bindings, context)
      const document = await answer.json<{ paths: object }>()
      await waitOnExecutionContext(context)
      return document
    }
    return { ask, pass: (ms: number) => (now += ms) }
  }

  test('theirs is fetched once a minute', async () => {
    const path = saidAt({ openapi: '3.1.0', paths: sane })
    const { ask, pass } = await service(path)
    const fetched = async () => (await seen(path, () => true)).requests
    await Promise.all([ask(), ask(), ask()])
    expect(await fetched()).toBe(1)
    pass(59_999)
    expect((await ask()).paths).toHaveProperty('/v1/sane')
    expect(await fetched()).toBe(1)
    pass(1)
    await Promise.all(
      [ask(), ask()].map(async (asked) => expect((await asked).paths).toHaveProperty('/v1/sane')),
    )
    expect(await fetched()).toBe(2)
  })
})
