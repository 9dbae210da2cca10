import * as z from 'zod'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Annotation, OperationParts, PathParameters, Words } from '../http/annotations.ts'
import type { OtherMedia } from '../http/answers.ts'
import { HEADERS } from '../http/headers.ts'
import type { Components, Json } from './components.ts'

/** An endpoint with the metadata of the middleware that its requests pass, in that order. */
export interface Route {
  method: string
  path: string
  annotations: Annotation[]
}

/** Returns the operation of a route. @throws Error if the route is not described */
export function describedOperation({ method, path, annotations }: Route, components: Components): Json {
  const made = Object.assign({}, ...annotations) as Annotation
  const [words, body, query] = [made.words?.(), made.body?.(), made.query?.()]
  const { part } = made
  if (!made.access || !words || !part) throw new Error(undescribed(method, path, made))
  const parts = annotations.map(({ operation }) => operation?.(method) ?? {})
  const codes = new Set([...parts.flatMap(({ errors = [] }) => errors), ...(words.errors ?? [])])
  const answerHeaders = headersOf(parts)
  const errorName = /^\/admin(\/|$)/.test(path) ? 'AdminError' : 'Error'
  return {
    operationId: words.id,
    summary: words.summary,
    ...(words.description && { description: words.description }),
    tags: [part.name],
    security: securityOf(parts),
    parameters: [
      ...pathParameters(path, { ...part.parameters, ...words.parameters }),
      ...(query instanceof z.ZodObject ? parameters('query', query.shape, components) : []),
      ...parts.flatMap(({ requestHeaders = {} }) => parameters('header', requestHeaders, components)),
    ],
    ...(body && {
      requestBody: {
        required: true,
        content: {
          ...components.content('application/json', body, 'input'),
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

/** Tells whoever added a route what it lacks. */
function undescribed(method: string, path: string, { access, words }: Pick<Annotation, 'access' | 'words'>) {
  const lacks = [
    access ? [] : 'who may call it (requires, requiresCustomer or isPublic)',
    words ? [] : 'its words (describes(...), of describing(<its part of the document>))',
  ]
  return `${method} ${path} does not say ${lacks.flat().join(', nor ')}: see docs/add-a-resource.md`
}

/** Returns the ways to identify oneself, as OpenAPI writes them: none is an empty list. */
const securityOf = (parts: readonly OperationParts[]) =>
  parts
    .flatMap(({ security = [] }) => security)
    .map((credentials) => Object.fromEntries(credentials.map((credential) => [credential, []])))

const headersOf = (parts: readonly OperationParts[]): Json =>
  Object.fromEntries(
    parts
      .flatMap(({ answerHeaders = [] }) => answerHeaders)
      .map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  )

/** Returns the path parameters. One that takes digits only is an integer to clients. */
const pathParameters = (path: string, described: PathParameters): Json[] =>
  [...path.matchAll(/:(\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', pattern]) => {
    const { description, ...words } = described[name] ?? {}
    const form = pattern === '[0-9]+' ? { type: 'integer', minimum: 1 } : { type: 'string' }
    const schema = {
      ...form,
      ...(pattern && form.type === 'string' && { pattern: `^${pattern}$` }),
      ...words,
    }
    return { in: 'path', name, required: true, ...(description && { description }), schema }
  })

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

/** Descriptions of statuses of answers that are no refusals. */
const DESCRIPTIONS: Record<number, string> = { 201: 'Created', 404: 'Not found', 503: 'Not ready' }

function successes(answers: Words['answers'], headers: Json, components: Components): Json {
  const responses = answers.map(({ status, media }) => {
    const content = otherContent(media(), 'output', components)
    return [status, { description: DESCRIPTIONS[status] ?? 'Success', headers, content }]
  })
  return Object.fromEntries(responses)
}

const otherContent = (media: readonly OtherMedia[], io: 'input' | 'output', components: Components): Json =>
  Object.assign({}, ...media.map(({ mediaType, schema }) => components.content(mediaType, schema, io)))

/** Returns one response for each status, which lists its codes with an example for each. */
function refusals(
  codes: ErrorCode[],
  name: 'AdminError' | 'Error',
  headers: Json,
  components: Components,
): Json {
  const errors = codes.map((code) => new AppError(code))
  const responses = [...Map.groupBy(errors, ({ status }) => status)].map(([status, ofStatus]) => {
    const retry = ofStatus.some((error) => error.headers[HEADERS.RETRY_AFTER])
    const response = {
      description: ofStatus.map(({ code, message }) => `\`${code}\`: ${message}`).join('\n\n'),
      headers: {
        ...headers,
        ...(retry && { [HEADERS.RETRY_AFTER]: { $ref: '#/components/headers/Retry-After' } }),
      },
      content: components.errorContent(
        name,
        ofStatus.map(({ code }) => code),
      ),
    }
    return [status, components.response(`${name}${status}`, response)]
  })
  return Object.fromEntries(responses)
}
