import { Validator } from '@cfworker/json-schema'
import { expect, test } from 'vitest'
import { pathTemplate } from '../../src/http/openapi.ts'
import { document } from '../support/contract.ts'
import { call } from '../support/http.ts'
import { routeTable } from '../support/routes.ts'

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    operation,
  })),
)

test('the document that is served has every route', async () => {
  const answer = await call('/openapi.json')
  expect(answer.json).toEqual(JSON.parse(JSON.stringify(document)))
  const routes = routeTable().map(({ method, path }) => `${method} ${pathTemplate(path)}`)
  expect(operations.map(({ name }) => name).sort()).toEqual(routes.sort())
})

test.each(operations)(
  '$name has an example for each answer and body, and each is as its schema says',
  ({ operation }) => {
    const { requestBody, responses } = operation as typeof operation & {
      requestBody?: (typeof operation.responses)[string]
    }
    const named = document.components.examples
    const media = [...Object.values(responses), ...(requestBody ? [requestBody] : [])].flatMap(
      ({ content }) => Object.entries(content),
    )
    for (const [type, { schema, ...given }] of media) {
      const { example, examples } = given as {
        example?: unknown
        examples?: Record<string, { $ref: string }>
      }
      const values = examples
        ? Object.values(examples).map(({ $ref }) => named[$ref.split('/')[3] ?? '']?.value)
        : [example]
      expect(values.length).toBeGreaterThan(0)
      const validator = new Validator({ ...schema, components: document.components }, '2020-12')
      for (const value of values)
        expect([type, value, validator.validate(value).errors]).toEqual([type, value, []])
    }
  },
)

test.each([
  ['/admin/customers', 'get', true],
  ['/admin/audit', 'get', true],
  ['/admin/api_keys', 'post', false],
  ['/admin', 'get', false],
])('it says whether a key may call %s', (path, method, byKey) => {
  const ways = document.paths[path]?.[method]?.security ?? []
  expect(ways.some((way) => 'adminKey' in way)).toBe(byKey)
})
