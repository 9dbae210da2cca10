import type { Hono } from 'hono'
import * as z from 'zod'
import type { AppEnv } from '../env.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { type Annotation, annotationOf, type OtherAnswer } from './annotations.ts'
import { adminEnvelope, customerEnvelope } from './envelopes.ts'
import { ACCESS_WORDS, ANSWER_HEADERS, BODY_TYPES, COMPONENTS, INFO, TAGS, tagOf } from './openapi-words.ts'

type Json = Record<string, unknown>

/** An endpoint with all that its middleware says of it. */
interface Route {
  method: string
  path: string
  annotations: Annotation[]
}

/**
 * The OpenAPI 3.1 document of an app (https://spec.openapis.org/oas/v3.1.1.html), made from the schemas that validate
 * and from what each route's middleware says of itself.
 */
export function openapiDocument(app: Pick<Hono<AppEnv>, 'routes'>): Json {
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  for (const route of routesOf(app)) {
    const path = route.path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, path, schemas) }
  }
  return {
    openapi: '3.1.1',
    info: INFO,
    servers: [{ url: '/' }],
    tags: TAGS,
    paths,
    components: { ...COMPONENTS, schemas },
  }
}

function routesOf(app: Pick<Hono<AppEnv>, 'routes'>): Route[] {
  const routes = new Map<string, Route>()
  for (const { method, path, handler } of app.routes) {
    if (method === 'ALL') continue
    const route = routes.get(`${method} ${path}`) ?? { method, path, annotations: [] }
    route.annotations.push(annotationOf(handler))
    routes.set(`${method} ${path}`, route)
  }
  return [...routes.values()]
}

function operation({ method, path, annotations }: Route, template: string, schemas: Json): Json {
  const { access, words, body, query } = Object.assign({}, ...annotations) as Annotation
  if (!access || !words) throw new Error(`${method} ${path} is not described`)
  const who = ACCESS_WORDS[access.kind]
  const codes = new Set([
    ...who.errors,
    ...annotations.flatMap(({ errors = [] }) => errors),
    ...(words.errors ?? []),
  ])
  const headers = Object.assign({}, ...annotations.map(({ headers = {} }) => headers))
  return {
    operationId: operationId(method, template),
    summary: words.summary,
    ...(words.description && { description: words.description }),
    tags: [tagOf(path)],
    security: who.security,
    parameters: [
      ...[...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
        in: 'path',
        name,
        required: true,
        schema: { type: 'string' },
      })),
      ...(query instanceof z.ZodObject ? parameters('query', query.shape, schemas) : []),
      ...parameters('header', { ...who.headers, ...headers }, schemas),
    ],
    ...(body && { requestBody: { required: true, content: contentOf(BODY_TYPES, body, 'input', schemas) } }),
    responses: { ...successes(words.answers, schemas), ...refusals([...codes], access.kind, schemas) },
  }
}

/** `getListsByUid`: unique, because no two routes share a method and a path. */
const operationId = (method: string, template: string) =>
  [method.toLowerCase(), ...template.split('/')]
    .map((part) =>
      part
        .replace(/^\{(.*)\}$/, 'by_$1')
        .replace(/(^|[_.-])(\w)/g, (_, __, letter: string) => letter.toUpperCase()),
    )
    .join('')
    .replace(/^./, (letter) => letter.toLowerCase())

function parameters(place: 'query' | 'header', shape: Record<string, z.ZodType>, schemas: Json): Json[] {
  return Object.entries(shape).map(([name, schema]) => {
    const { description, ...json } = jsonSchema(schema, 'input', schemas)
    return {
      in: place,
      name,
      required: !schema.safeParse(undefined).success,
      ...(description ? { description } : {}),
      schema: json,
    }
  })
}

function successes(answers: Record<number, z.ZodType | OtherAnswer>, schemas: Json): Json {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => {
      const { mediaType, schema } =
        answer instanceof z.ZodType ? { mediaType: 'application/json', schema: answer } : answer
      const content = contentOf([mediaType], schema, 'output', schemas)
      return [
        status,
        { description: status === '201' ? 'Created' : 'Success', headers: ANSWER_HEADERS, content },
      ]
    }),
  )
}

/** One response for each status, with an example for each code that has it. */
function refusals(codes: ErrorCode[], kind: keyof typeof ACCESS_WORDS, schemas: Json): Json {
  const envelope = kind === 'admin' || kind === 'client' ? adminEnvelope : customerEnvelope
  const name = envelope === adminEnvelope ? 'AdminError' : 'Error'
  schemas[name] ??= ERROR_SCHEMAS[name]
  const byStatus = Map.groupBy(
    codes.map((code) => new AppError(code)),
    ({ status }) => status,
  )
  return Object.fromEntries(
    [...byStatus].map(([status, errors]) => [
      status,
      {
        description: errors.map(({ code, message }) => `\`${code}\`: ${message}`).join('\n\n'),
        headers: {
          ...ANSWER_HEADERS,
          ...(errors.some(({ headers }) => headers['Retry-After']) && RETRY_AFTER),
        },
        content: {
          'application/json': {
            schema: { $ref: `#/components/schemas/${name}` },
            examples: Object.fromEntries(
              errors.map((error) => [
                error.code,
                { value: envelope(error, 'req_3f0e8c1e-8a52-4f0c-9a57-0d3f5d2f8b11') },
              ]),
            ),
          },
        },
      },
    ]),
  )
}

const RETRY_AFTER = { 'Retry-After': { $ref: '#/components/headers/Retry-After' } }

const errorFields = {
  code: z.string(),
  errors: z.record(z.string(), z.array(z.string())).optional(),
  request_id: z.string(),
}
const ERROR_SCHEMAS: Record<string, Json> = {
  AdminError: z.toJSONSchema(z.looseObject({ message: z.string(), ...errorFields })),
  Error: z.toJSONSchema(z.looseObject({ status: z.literal('error'), error: z.string(), ...errorFields })),
}

function contentOf(
  mediaTypes: readonly string[],
  schema: z.ZodType,
  io: 'input' | 'output',
  schemas: Json,
): Json {
  const json = jsonSchema(schema, io, schemas)
  const media = { schema: json, example: exampleOf(json, schemas) }
  return Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, media]))
}

/** A schema as JSON Schema; the named ones it holds become components. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const { $schema: _, $defs = {}, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  const component = (name: string) => `#/components/schemas/${name}`
  const relocated = (value: unknown): Json =>
    JSON.parse(JSON.stringify(value), (key, member: unknown) =>
      key === '$ref' && typeof member === 'string' ? component(member.replace('#/$defs/', '')) : member,
    )
  for (const [name, { id: _id, $schema: _s, ...definition }] of Object.entries(
    $defs as Record<string, Json>,
  )) {
    schemas[name] = relocated(definition)
  }
  const { id, ...rest } = relocated(json)
  if (typeof id !== 'string') return rest
  schemas[id] = rest
  return { $ref: component(id) }
}

/** An example of what a schema describes, put together from the examples of its parts. */
function exampleOf(schema: Json, schemas: Json): unknown {
  if (Array.isArray(schema.examples)) return schema.examples[0]
  if (typeof schema.$ref === 'string')
    return exampleOf(schemas[schema.$ref.split('/').at(-1) ?? ''] as Json, schemas)
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  const choices = (schema.anyOf ?? schema.oneOf ?? schema.allOf) as Json[] | undefined
  if (choices?.[0]) return exampleOf(choices[0], schemas)
  if (schema.type === 'array') return [exampleOf(schema.items as Json, schemas)]
  if (schema.type === 'object') {
    const properties = Object.entries((schema.properties ?? {}) as Record<string, Json>)
    return Object.fromEntries(properties.map(([name, property]) => [name, exampleOf(property, schemas)]))
  }
  return { string: 'text', integer: 1, number: 1, boolean: true }[schema.type as string] ?? null
}
