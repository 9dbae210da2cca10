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

/** Files that pages are made of. */
const PAGE_FILE = /^GET \/docs\/./

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
  /^\w+ \/admin\/((disable|enable|role|unlock|reset_password|revoke_credentials)\/)?\{id\}(\/sessions)?$/

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
