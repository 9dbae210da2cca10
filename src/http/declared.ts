import type { Context, MiddlewareHandler } from 'hono'
import type { ErrorCode } from '../errors.ts'
import { type Access, annotated } from './annotations.ts'
import { handleError } from './error-handler.ts'
import { annotationsOf } from './routing.ts'
import { unaskedBody, unaskedQuery } from './validation.ts'

/**
 * Marks a middleware as its route's declaration of who may call it; a test fails for a route without one. Callers who
 * pass are refused query parameters, or a body, that the route does not declare.
 * @throws AppError invalid, unsupported_media_type, malformed_body, body_too_large
 */
export const declares = <Middleware extends MiddlewareHandler>(
  access: Access,
  middleware: Middleware,
  errors: readonly ErrorCode[] = [],
) =>
  annotated<MiddlewareHandler>({ access, errors: ['invalid', ...errors] }, (c, next) =>
    middleware(c, async () => {
      const refusal = unaskedQuery(c) ?? (await unaskedBody(c))
      if (!refusal) return next()
      // As Hono does with what is thrown behind a middleware, which so sees how the request ended.
      c.error = refusal
      c.res = await handleError(refusal, c)
    }),
  ) as Middleware

/**
 * Declares a route public: nobody is identified, and query parameters that mail clients and browsers add are ignored.
 */
export const isPublic = (): MiddlewareHandler =>
  annotated({ access: { kind: 'public' } }, (_, next) => next())

/** Returns who may call the endpoint of this request; undefined if there is no endpoint. */
export const declaredAccess = (c: Context): Access | undefined =>
  annotationsOf(c).find(({ access }) => access !== undefined)?.access
