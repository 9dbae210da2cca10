import type { Context, MiddlewareHandler } from 'hono'
import type { ErrorCode } from '../errors.ts'
import { type Access, annotated } from './annotations.ts'
import { handleError } from './error-handler.ts'
import { annotationsOf } from './routing.ts'
import { unaskedBody, unaskedQuery } from './validation.ts'

/**
 * Notes that a middleware is its route's declaration of who may call it; a test fails for a route without one. Whoever
 * may is refused with query parameters, or a body, that the route does not ask for.
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

/** For what anybody may ask: nobody is identified, and what mails and browsers add to a link is passed over. */
export const isPublic = (): MiddlewareHandler =>
  annotated({ access: { kind: 'public' } }, (_, next) => next())

/** What the endpoint that answers this request declares of who may call it; undefined if none answers. */
export const declaredAccess = (c: Context): Access | undefined =>
  annotationsOf(c).find(({ access }) => access !== undefined)?.access
