import { type Schema, Validator } from '@cfworker/json-schema'
import { expect, test } from 'vitest'
import { pathTemplate } from '../../src/openapi/document.ts'
import { answerOf, document } from '../support/calls/contract.ts'
import { call } from '../support/calls/http.ts'
import { routeTable } from '../support/calls/routes.ts'

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    operation,
  })),
)

/** Pages that are no part of the API, and files that pages are made of. */
const PAGE_FILE = /^GET \/(?:$|console|docs\/.)/

test('the document that is served has every route, and no file of a page', async () => {
  const answer = await call('/openapi.json')
  expect(answer.json).toEqual(JSON.parse(JSON.stringify(document)))
  const routes = routeTable().map(({ method, path }) => `${method} ${pathTemplate(path)}`)
  expect(routes.some((route) => PAGE_FILE.test(route))).toBe(true)
  expect(operations.map(({ name }) => name).sort()).toEqual(
    routes.filter((route) => !PAGE_FILE.test(route)).sort(),
  )
})

interface Media {
  schema: Schema
  example?: unknown
  examples?: Record<string, { $ref: string }>
}

test.each(operations)(
  '$name has an example for each answer and body, and each is as its schema says',
  ({ operation }) => {
    const answers = Object.keys(operation.responses).map((status) => answerOf(operation, status))
    for (const body of [...answers, operation.requestBody]) {
      const content = body?.content ?? {}
      for (const [type, { schema, example, examples }] of Object.entries(content as Record<string, Media>)) {
        const values = examples
          ? Object.values(examples).map(
              ({ $ref }) => document.components.examples[$ref.split('/')[3] ?? '']?.value,
            )
          : [example]
        expect.soft(values.length, type).toBeGreaterThan(0)
        const validator = new Validator({ ...schema, components: document.components }, '2020-12')
        for (const value of values)
          expect.soft([type, value, validator.validate(value).errors]).toEqual([type, value, []])
      }
    }
  },
)

test('bodies are JSON, beside the files that bulk routes take', () => {
  const bodies = operations.flatMap(({ name, operation }) =>
    operation.requestBody ? [{ name, types: Object.keys(operation.requestBody.content) }] : [],
  )
  for (const { name, types } of bodies) {
    const files = name.endsWith('/bulk') ? ['application/x-ndjson', 'text/csv'] : []
    expect.soft([name, ...types]).toEqual([name, 'application/json', ...files])
  }
  expect(bodies.length).toBeGreaterThan(10)
})

/** Where the id in a path is that of an account. */
const ADMIN_ID =
  /^\w+ \/admin\/((disable|enable|role|unlock|reset_password|reset_second_factor|revoke_credentials)\/)?\{id\}(\/sessions)?$/

test('numbers are numbers, with their bounds, though queries and paths are text', () => {
  const numeric = /^(page|per_page|after_seq|admin_id)$/
  const parameters = operations.flatMap(({ name, operation }) =>
    operation.parameters.map((parameter) => ({ of: name, ...parameter })),
  )
  for (const { of, name, in: place, schema } of parameters) {
    const isAdminId = place === 'path' && ADMIN_ID.test(of)
    const isNumber = numeric.test(name) || isAdminId
    expect.soft([of, name, schema.type === 'integer']).toEqual([of, name, isNumber])
    if (isNumber) expect.soft(schema, `${of} ${name}`).not.toHaveProperty('pattern')
  }
  const perPage = parameters.find(({ name }) => name === 'per_page')
  expect(perPage?.schema).toMatchObject({ minimum: 1, maximum: 100, default: 20 })
})

test('a refusal lists the codes that its status can have, and 422 the fields', () => {
  const answer = document.paths['/admin/new']?.post && answerOf(document.paths['/admin/new'].post, '422')
  expect(answer?.content['application/json']?.schema.allOf).toEqual([
    { $ref: '#/components/schemas/AdminError' },
    {
      type: 'object',
      properties: { code: { type: 'string', enum: ['invalid'], description: expect.any(String) } },
      required: ['code', 'errors'],
    },
  ])
})

test('no two operations are called alike', () => {
  const names = operations.map(({ operation }) => operation.operationId)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})

test.each([
  ['/admin/customers', 'get', true],
  ['/admin/audit', 'get', true],
  ['/admin/api_keys', 'post', false],
  ['/admin', 'get', false],
])('it says whether a key may call %s', (path, method, byKey) => {
  const ways = document.paths[path]?.[method]?.security ?? []
  expect(ways.some((way) => 'adminKey' in way)).toBe(byKey)
})

/** The codes of each status of an operation, in one list. */
const codesOf = (path: string, method: string): string[] => {
  const operation = document.paths[path]?.[method]
  if (!operation) throw new Error(`${method} ${path} is not documented`)
  return Object.keys(operation.responses).flatMap((status) => {
    const content = answerOf(operation, status)?.content['application/json'] as Media | undefined
    return Object.keys(content?.examples ?? {})
  })
}

test.each([
  {
    code: 'client_unknown',
    in: ['get /admin', 'post /admin/login'],
    notIn: ['post /admin/unlock', 'get /lists'],
  },
  { code: 'session_invalid', in: ['get /admin'], notIn: ['post /admin/login'] },
  {
    code: 'checksum_replayed',
    in: ['post /admin/login', 'delete /admin/api_keys/{id}'],
    notIn: ['get /admin'],
  },
  { code: 'password_change_required', in: ['get /admin/list'], notIn: ['get /admin', 'post /admin/logout'] },
  { code: 'idempotency_key_reused', in: ['post /lists'], notIn: ['put /lists/{uid}', 'post /admin/new'] },
  { code: 'own_key_required', in: ['post /api_keys'], notIn: ['get /lists'] },
  {
    code: 'malformed_body',
    in: ['delete /lists/{uid}', 'post /admin/unlock'],
    notIn: ['get /lists', 'get /health'],
  },
  { code: 'throttled', in: ['post /admin/login'], notIn: ['post /admin/logout'] },
])('$code is a refusal of what its middleware stands before, and of nothing else', (row) => {
  const has = (name: string) => {
    const [method = '', path = ''] = name.split(' ')
    return codesOf(path, method).includes(row.code)
  }
  for (const name of row.in) expect.soft([name, has(name)]).toEqual([name, true])
  for (const name of row.notIn) expect.soft([name, has(name)]).toEqual([name, false])
})

test.each([
  { name: 'get /health', headers: [] },
  { name: 'get /admin/list', headers: ['X-Audit-Id'] },
  { name: 'get /lists', headers: ['X-Audit-Id', 'X-D1-Bookmark'] },
  { name: 'post /lists', headers: ['X-Audit-Id', 'X-D1-Bookmark', 'Idempotent-Replayed'] },
])('the answers of $name have the headers that its middleware sets', ({ name, headers }) => {
  const [method = '', path = ''] = name.split(' ')
  const operation = document.paths[path]?.[method]
  const answer = operation && Object.keys(operation.responses).map((status) => answerOf(operation, status))[0]
  expect(Object.keys(answer?.headers ?? {})).toEqual(['X-Request-Id', 'Cache-Control', ...headers])
})
