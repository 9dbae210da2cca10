import { type Schema, Validator } from '@cfworker/json-schema'
import { expect } from 'vitest'
import { createApp } from '../../../src/app.ts'
import { openapiDocument, pathTemplate } from '../../../src/openapi/document.ts'

const app = createApp()

interface Operation {
  operationId: string
  security: Record<string, unknown>[]
  parameters: { name: string; in: string; schema: Schema }[]
  requestBody?: {
    content: Record<string, { schema: { properties?: Record<string, unknown> }; example?: unknown }>
  }
  responses: Record<string, Answer | { $ref: string }>
}

interface Answer {
  content: Record<string, { schema: Schema }>
  headers: Record<string, unknown>
}

/** The document that clients read, by path and method. */
export const document = openapiDocument(app) as {
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, Schema>
    responses: Record<string, Answer>
    examples: Record<string, { value: unknown }>
  }
}

const validators = new Map<Schema, Validator>()

/** Holds an answer to what the OpenAPI document says of it. Paths and methods that do not exist are not in there. */
export function expectAsDocumented(request: Request, response: Response, body: string): void {
  const operation = operationOf(request)
  // A path that is refused for its method can be one of two that match it.
  if (!operation || response.status === 405) return
  const name = `${response.status} of ${request.method} ${new URL(request.url).pathname}`
  const answer = answerOf(operation, `${response.status}`)
  expect(answer, `${name} is not in the OpenAPI document`).toBeDefined()
  const mediaType = response.headers.get('Content-Type')?.split(';')[0] ?? ''
  const media = answer?.content[mediaType]
  expect(media, `${name} as ${mediaType} is not in the OpenAPI document`).toBeDefined()
  if (media && mediaType === 'application/json' && request.method !== 'HEAD') {
    const { errors } = validatorOf(media.schema).validate(JSON.parse(body))
    expect(
      errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`),
      name,
    ).toEqual([])
  }
}

function operationOf(request: Request): Operation | undefined {
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const [handlers] = app.router.match(method, new URL(request.url).pathname)
  const route = handlers.map(([[, route]]) => route).find((route) => route.method === method)
  return route && documented(method, route.path)
}

/** What the document says of an answer with a status, in the operation or where that refers to. */
export function answerOf(operation: Operation, status: string): Answer | undefined {
  const answer = operation.responses[status]
  return answer && '$ref' in answer ? document.components.responses[answer.$ref.split('/')[3] ?? ''] : answer
}

/** What the document says of a route. */
export const documented = (method: string, path: string): Operation | undefined =>
  document.paths[pathTemplate(path)]?.[method.toLowerCase()]

function validatorOf(schema: Schema): Validator {
  const validator =
    validators.get(schema) ?? new Validator({ ...schema, components: document.components }, '2020-12')
  validators.set(schema, validator)
  return validator
}
