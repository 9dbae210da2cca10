import type { Hono } from 'hono'
import * as z from 'zod'
import type { AppEnv } from '../env.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { type Access, type Annotation, annotationOf, type OtherMedia, type Words } from './annotations.ts'
import { Components, type Json } from './openapi-components.ts'
import {
  ACCESS_WORDS,
  ANSWER_HEADERS,
  BODY_TYPES,
  INFO,
  REPEATABLE_WORDS,
  SHARED,
  TAGS,
  tagOf,
} from './openapi-words.ts'

type App = Pick<Hono<AppEnv>, 'routes'>

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
export function openapiDocument(app: App): Json {
  const components = new Components()
  const paths: Record<string, Json> = {}
  for (const route of routesOf(app)) {
    const template = pathTemplate(route.path)
    paths[template] = { ...paths[template], [route.method.toLowerCase()]: operation(route, components) }
  }
  const { schemas, examples } = components
  return {
    openapi: '3.1.1',
    info: INFO,
    servers: [{ url: '/' }],
    tags: TAGS,
    paths,
    components: { ...SHARED, schemas, examples },
  }
}

/** `/admin/{id}` for `/admin/:id{[0-9]+}`. */
export const pathTemplate = (path: string) => path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')

function routesOf(app: App): Route[] {
  const routes = new Map<string, Route>()
  for (const { method, path, handler } of app.routes) {
    if (method === 'ALL') continue
    const route = routes.get(`${method} ${path}`) ?? { method, path, annotations: [] }
    route.annotations.push(annotationOf(handler))
    routes.set(`${method} ${path}`, route)
  }
  return [...routes.values()]
}

function operation({ method, path, annotations }: Route, components: Components): Json {
  const { access, ...made } = Object.assign({}, ...annotations) as Annotation
  const [words, body, query] = [made.words?.(), made.body?.(), made.query?.()]
  if (!access || !words) throw new Error(`${method} ${path} is not described`)
  const who = ACCESS_WORDS[access.kind]
  const repeatable = access.kind === 'customer' && method === 'POST' ? REPEATABLE_WORDS : undefined
  const own = annotations.flatMap(({ errors = [] }) => errors)
  const codes = new Set([...who.errors, ...(repeatable?.errors ?? []), ...own, ...(words.errors ?? [])])
  const headers = { ...who.headers, ...repeatable?.headers }
  const answerHeaders = { ...ANSWER_HEADERS, ...who.answerHeaders, ...repeatable?.answerHeaders }
  const errorName = /^\/admin(\/|$)/.test(path) ? 'AdminError' : 'Error'
  return {
    operationId: operationId(method, path),
    summary: words.summary,
    ...(words.description && { description: words.description }),
    tags: [tagOf(path)],
    security: who.security.filter((way) => takesAdminKey(access) || !('adminKey' in way)),
    parameters: [
      ...pathParameters(path),
      ...(query instanceof z.ZodObject ? parameters('query', query.shape, components) : []),
      ...parameters('header', headers, components),
    ],
    ...(body && {
      requestBody: {
        required: true,
        content: {
          ...components.content(BODY_TYPES, body, 'input'),
          ...otherContent(made.otherBodies?.() ?? [], 'input', components),
        },
      },
    }),
    responses: {
      ...successes(words.answers, answerHeaders, components),
      ...refusals([...codes], errorName, answerHeaders, components),
    },
  }
}

/** An admin API key is a way to call a route of staff where a scope gives it, and one of customers but for a few. */
const takesAdminKey = (access: Access) =>
  access.kind === 'customer' ? !access.ownKeyOnly : access.kind !== 'admin' || access.scope !== undefined

/** `getListsByUid`: unique, because no two routes share a method and a path. */
const operationId = (method: string, path: string) =>
  [method.toLowerCase(), ...pathTemplate(path).split('/')]
    .map((part) => part.replace(/^\{(.*)\}$/, 'by_$1'))
    .map((part) => part.replace(/(^|[_.-])(\w)/g, (_, __, letter: string) => letter.toUpperCase()))
    .join('')
    .replace(/^./, (letter) => letter.toLowerCase())

const pathParameters = (path: string): Json[] =>
  [...path.matchAll(/:(\w+)(?:\{([^}]*)\})?/g)].map(([, name, pattern]) => ({
    in: 'path',
    name,
    required: true,
    schema: { type: 'string', ...(pattern && { pattern: `^${pattern}$` }) },
  }))

function parameters(
  place: 'query' | 'header',
  shape: Record<string, z.ZodType>,
  components: Components,
): Json[] {
  return Object.entries(shape).map(([name, type]) => {
    const { description, ...schema } = components.schema(type, 'input')
    const required = !type.safeParse(undefined).success
    return { in: place, name, required, ...(description ? { description } : {}), schema }
  })
}

/** What a status means where an answer with it is not a refusal. */
const DESCRIPTIONS: Record<string, string> = { 201: 'Created', 404: 'Not found', 503: 'Not ready' }

function successes(answers: Words['answers'], headers: Json, components: Components): Json {
  const responses = Object.entries(answers).map(([status, answer]) => {
    const media = answer instanceof z.ZodType ? { mediaType: 'application/json', schema: answer } : answer
    const content = otherContent([media].flat(), 'output', components)
    return [status, { description: DESCRIPTIONS[status] ?? 'Success', headers, content }]
  })
  return Object.fromEntries(responses)
}

const otherContent = (media: readonly OtherMedia[], io: 'input' | 'output', components: Components): Json =>
  Object.assign({}, ...media.map(({ mediaType, schema }) => components.content([mediaType], schema, io)))

/** One response for each status, with an example for each code that has it. */
function refusals(
  codes: ErrorCode[],
  name: 'AdminError' | 'Error',
  headers: Json,
  components: Components,
): Json {
  const errors = codes.map((code) => new AppError(code))
  const responses = [...Map.groupBy(errors, ({ status }) => status)].map(([status, ofStatus]) => {
    const retry = ofStatus.some((error) => error.headers['Retry-After'])
    return [
      status,
      {
        description: ofStatus.map(({ code, message }) => `\`${code}\`: ${message}`).join('\n\n'),
        headers: {
          ...headers,
          ...(retry && { 'Retry-After': { $ref: '#/components/headers/Retry-After' } }),
        },
        content: components.errorContent(
          name,
          ofStatus.map(({ code }) => code),
        ),
      },
    ]
  })
  return Object.fromEntries(responses)
}
