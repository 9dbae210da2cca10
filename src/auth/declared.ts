import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { type Access, annotated, annotationOf } from '../http/annotations.ts'
import { routePattern } from '../http/routing.ts'

/** Notes that a middleware is its route's declaration of who may call it; a test fails for a route without one. */
export const declares = <Middleware extends MiddlewareHandler>(access: Access, middleware: Middleware) =>
  annotated({ access }, middleware)

/** For what anybody may ask: nobody is identified. */
export const isPublic = () => declares({ kind: 'public' }, (_, next) => next())

/** What the endpoint that answers this request declares of who may call it; undefined if none answers. */
export function declaredAccess(c: Context): Access | undefined {
  const pattern = routePattern(c)
  const declared = matchedRoutes(c).filter(({ path }) => path === pattern)
  return declared.map(({ handler }) => annotationOf(handler).access).find((access) => access !== undefined)
}
