import type { Context, Hono, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { RouterRoute } from 'hono/types'
import { once } from '../base/once.ts'
import { AppError } from '../errors.ts'
import { type Annotation, annotationOf } from './annotations.ts'
import type { AppEnv } from './context.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Returns whether a route is an endpoint: middleware is registered for every method, endpoints for one. */
const isEndpoint = (route: { method: string }) => route.method !== 'ALL'

/** Requests whose path is exactly that of endpoints for other methods, with the pattern of those. */
const misdirected = new WeakMap<Request, string>()

/** Facts of an endpoint that are the same for every request. */
interface Endpoint {
  pattern: string
  name: string
  annotations: Annotation[]
}

/** Caches, because middleware asks many times for one request. */
const endpoints = new WeakMap<object, Endpoint>()
const answering = new WeakMap<Request, Endpoint | null>()

function endpointFor(c: Context): Endpoint | null {
  const request = c.req.raw
  const known = answering.get(request)
  if (known !== undefined) return known
  const routes = matchedRoutes(c)
  const route = routes.find(isEndpoint)
  const endpoint = route ? (endpoints.get(route) ?? described(route, routes)) : null
  answering.set(request, endpoint)
  return endpoint
}

function described(route: RouterRoute, routes: RouterRoute[]): Endpoint {
  const own = routes.filter(({ path }) => path === route.path)
  const endpoint = {
    pattern: route.path,
    name: route.path.replace(/\{[^}]*\}/g, ''),
    annotations: own.map(({ handler }) => annotationOf(handler)),
  }
  endpoints.set(route, endpoint)
  return endpoint
}

/** Returns the pattern of this request's endpoint, such as `/lists/:uid`; undefined if there is none. */
export const routePattern = (c: Context): string | undefined =>
  misdirected.has(c.req.raw) ? undefined : endpointFor(c)?.pattern

/** Returns the same pattern without the constraints of its parameters: `/admin/:id`. */
export const routeName = (c: Context): string | null =>
  misdirected.has(c.req.raw) ? null : (endpointFor(c)?.name ?? null)

/** Returns the metadata of the middleware of this request's endpoint. */
export const annotationsOf = (c: Context): readonly Annotation[] =>
  misdirected.has(c.req.raw) ? [] : (endpointFor(c)?.annotations ?? [])

/** Returns the value of the last path parameter; undefined if the pattern has none. */
export function lastPathParameter(c: Context): string | undefined {
  const parts = routePattern(c)?.split('/') ?? []
  const index = parts.findLastIndex((part) => part.startsWith(':'))
  const sent = c.req.path.split('/')[index]
  try {
    return sent && decodeURIComponent(sent)
  } catch {
    return sent
  }
}

/** Returns whether requests with a method can change anything. */
export const isWriteMethod = (method: string) => method !== 'GET' && method !== 'HEAD'

/** Returns whether a request can change anything. */
export const isWrite = (c: Context) => isWriteMethod(c.req.method)

/** Returns whether the answer is streamed. A HEAD has no body. */
export const streamsAnswer = (c: Context) =>
  c.req.method !== 'HEAD' && annotationsOf(c).some(({ streams }) => streams)

/**
 * Makes literal paths win: `/contacts/bulk` is never `/contacts/:uid`, whatever the method. No endpoint answers then.
 */
export function literalPaths(app: Hono<AppEnv>): MiddlewareHandler {
  const patterns = once(() => literalPatterns(app))
  return (c, next) => {
    // An endpoint without a parameter is what the path says.
    const pattern = routePattern(c)
    if (pattern !== undefined && !pattern.includes(':')) return next()
    const literal = patterns().find(({ matches }) => matches.test(c.req.path))?.path
    if (literal !== undefined && literal !== pattern) misdirected.set(c.req.raw, literal)
    return next()
  }
}

const PARAMETER = /:\w+(?:\{([^}]*)\})?/g

/** Returns the patterns whose paths all match another pattern too, which has a parameter in place of a word. */
function literalPatterns(app: Hono<AppEnv>) {
  const paths = new Set(app.routes.filter(isEndpoint).map(({ path }) => path))
  const patterns = [...paths].map((path) => ({ path, matches: matcherOf(path) }))
  return patterns.filter(({ path }) => {
    const example = path.replace(PARAMETER, '0')
    return patterns.some((other) => other.path !== path && other.matches.test(example))
  })
}

const matcherOf = (path: string) =>
  new RegExp(`^${path.replaceAll('.', '\\.').replace(PARAMETER, (_, form = '[^/]+') => `(?:${form})`)}$`)

/**
 * Refuses a request that no endpoint of `app` answers.
 * @throws AppError method_not_allowed if one would for another method, else not_found
 */
export function refuseUnrouted(app: Hono<AppEnv>): MiddlewareHandler {
  return (c, next) => {
    if (routePattern(c) !== undefined) return next()
    const literal = misdirected.get(c.req.raw)
    const allowed = METHODS.filter((method) => {
      const pattern = endpointOf(app, method, c.req.path)
      return pattern !== undefined && pattern === (literal ?? pattern)
    })
    if (allowed.length === 0) throw new AppError('not_found')
    throw new AppError('method_not_allowed', { headers: { Allow: allowed.join(', ') } })
  }
}

function endpointOf(app: Hono<AppEnv>, method: string, path: string): string | undefined {
  const [handlers] = app.router.match(method === 'HEAD' ? 'GET' : method, path)
  return handlers.map(([[, route]]) => route).find(isEndpoint)?.path
}
