import type { MiddlewareHandler } from 'hono'
import { type Access, annotated } from '../http/annotations.ts'

/** Notes that a middleware is its route's declaration of who may call it; a test fails for a route without one. */
export const declares = <Middleware extends MiddlewareHandler>(access: Access, middleware: Middleware) =>
  annotated({ access }, middleware)

/** For what anybody may ask: nobody is identified. */
export const isPublic = () => declares({ kind: 'public' }, (_, next) => next())
