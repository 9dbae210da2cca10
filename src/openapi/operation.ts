import * as z from 'zod'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Access, Annotation, PathParameters, Words } from '../http/annotations.ts'
import type { OtherMedia } from '../http/answers.ts'
import { HEADERS } from '../http/headers.ts'
import { BODY_ERRORS } from '../http/validation.ts'
import { ACCESS_WORDS, REPEATABLE_WORDS } from './access.ts'
import type { Components, Json } from './components.ts'
import { ANSWER_HEADERS } from './shared.ts'

/** An endpoint with the metadata of its middleware. */
export interface Route {
  method: string
  path: string
  annotations: Annotation[]
}

/** Returns the operation of a route. @throws Error if the route is not described */
export function describedOperation({ method, path, annotations }: Route, components: Components): Json {
  const { access, ...made } = Object.assign({}, ...annotations) as Annotation
  const [words, body, query] = [made.words?.(), made.body?.(), made.query?.()]
  const { part } = made
  if (!access || !words || !part) throw new Error(undescribed(method, path, made))
  const who = ACCESS_WORDS[access.kind]
  const repeatable = access.kind === 'customer' && method === 'POST' ? REPEATABLE_WORDS : undefined
  const own = annotations.flatMap(({ errors = [] }) => errors)
  const sent = method === 'GET' || access.kind === 'public' ? [] : BODY_ERRORS
  const codes = new Set([
    ...who.errors,
    ...(repeatable?.errors ?? []),
    ...own,
    ...sent,
    ...(words.errors ?? []),
  ])
  const headers = { ...who.headers, ...repeatable?.headers }
  const answerHeaders = { ...ANSWER_HEADERS, ...who.answerHeaders, ...repeatable?.answerHeaders }
  const errorName = /^\/admin(\/|$)/.test(path) ? 'AdminError' : 'Error'
  return {
    operationId: words.id,
    summary: words.summary,
    ...(words.description && { description: words.description }),
    tags: [part.name],
    security: who.security.filter((way) => takesAdminKey(access) || !('adminKey' in way)),
    parameters: [
      ...pathParameters(path, { ...part.parameters, ...words.parameters }),
      ...(query instanceof z.ZodObject ? parameters('query', query.shape, components) : []),
      ...parameters('header', headers, components),
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
  const lacks = [access ? [] : 'who may call it (requires, requiresCustomer or isPublic)']
  const lacksWords = words ? [] : 'its words (describes(...), of describing(<its part of the document>))'
  return `${method} ${path} does not say ${[lacks, lacksWords].flat(2).join(', nor ')}: see docs/add-a-resource.md`
}

/**
 * Returns whether an admin API key can call a route: on the admin surface if a scope allows it, on the customer
 * surface with few exceptions.
 */
const takesAdminKey = (access: Access) =>
  access.kind === 'customer' ? !access.ownKeyOnly : access.kind !== 'admin' || access.scope !== undefined

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
