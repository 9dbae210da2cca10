import type { Context, Hono } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { AppEnv } from '../env.ts'
import { AppError } from '../errors.ts'
import { annotationOf } from './annotations.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Middleware is registered for every method, endpoints for one. */
const isEndpoint = (route: { method: string }) => route.method !== 'ALL'

/** The pattern of the endpoint that answers this request, such as `/lists/:uid`; undefined if none does. */
export function routePattern(c: Context): string | undefined {
  return matchedRoutes(c).find(isEndpoint)?.path
}

/** The same as people write it: `/admin/:id`, without the form that its parameters have. */
export const routeName = (c: Context) => routePattern(c)?.replace(/\{[^}]*\}/g, '') ?? null

/** What the path has for the last parameter of the endpoint's pattern; undefined if it has none. */
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

/** Whether a request can change anything. */
export const isWrite = (c: Context) => c.req.method !== 'GET' && c.req.method !== 'HEAD'

/** Whether the endpoint that answers this request streams: its answer goes on after it has begun. A HEAD has no body. */
export const streamsAnswer = (c: Context) =>
  c.req.method !== 'HEAD' && matchedRoutes(c).some(({ handler }) => annotationOf(handler).streams)

/**
 * Ends a surface: no endpoint of `app` answered.
 * @throws AppError method_not_allowed if one would for another method, else not_found
 */
export function refuseUnrouted(app: Hono<AppEnv>) {
  return (c: Context): never => {
    const allowed = METHODS.filter((method) => {
      const [handlers] = app.router.match(method === 'HEAD' ? 'GET' : method, c.req.path)
      return handlers.some(([[, route]]) => isEndpoint(route))
    })
    if (allowed.length === 0) throw new AppError('not_found')
    throw new AppError('method_not_allowed', { headers: { Allow: allowed.join(', ') } })
  }
}
