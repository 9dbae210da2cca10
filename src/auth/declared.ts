import type { MiddlewareHandler } from 'hono'

/** What a route says of who may call it. */
export type Access = { kind: 'public' | 'client' | 'customer' } | { kind: 'admin'; permission: string }

const declared = new WeakMap<object, Access>()

/** Notes that a middleware is its route's declaration of who may call it; a test fails for a route without one. */
export function declares<Middleware extends MiddlewareHandler>(
  access: Access,
  middleware: Middleware,
): Middleware {
  declared.set(middleware, access)
  return middleware
}

/** What a middleware declares, if it does. */
export const declaredAccess = (middleware: object) => declared.get(middleware)

/** For what anybody may ask: nobody is identified. */
export const isPublic = () => declares({ kind: 'public' }, (_, next) => next())
