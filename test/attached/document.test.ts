import { expect, test } from 'vitest'
import { attachedService } from '../support/attached/attached.ts'
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
  { name: 'none', path: '/status/x' },
  { name: 'none that is JSON', path: '/v1/headers' },
  { name: 'another kind of document', path: '/v1/echo' },
])('an API that gives $name leaves Steward’s own', async ({ path }) => {
  expectLogged('attached_document')
  const { paths } = await documentOf({ CUSTOMER_API_OPENAPI: path })
  expect(paths).toHaveProperty('/contacts')
})
