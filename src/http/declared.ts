import type { Context, MiddlewareHandler } from 'hono'
import * as z from 'zod'
import { once } from '../base/once.ts'
import { AppError } from '../errors.ts'
import { type Access, annotated, type OperationParts } from './annotations.ts'
import { unpackedBody } from './body/bytes.ts'
import { readInput } from './body/input.ts'
import { parsedBody } from './body/parse.ts'
import { handleError } from './error-handler.ts'
import { annotationsOf, isWrite, isWriteMethod } from './routing.ts'
import { BODY_ERRORS, sentQuery, takesBody, validate } from './validation.ts'

/**
 * Marks a middleware as its route's declaration of who may call it; a test fails for a route without one. Callers who
 * pass are refused query parameters, or a body, that the route does not declare.
 */
export function declares<Middleware extends MiddlewareHandler>(
  access: Access,
  parts: () => OperationParts,
  middleware: Middleware,
): Middleware {
  const operation = (method: string): OperationParts => {
    const { errors = [], ...others } = parts()
    return { ...others, errors: [...errors, ...(isWriteMethod(method) ? BODY_ERRORS : UNASKED)] }
  }
  return annotated<MiddlewareHandler>({ access, operation }, (c, next) =>
    middleware(c, async () => {
      const refusal = await unasked(c)
      if (!refusal) return next()
      // As Hono does with what is thrown behind a middleware, which so sees how the request ended.
      c.error = refusal
      c.res = await handleError(refusal, c)
    }),
  ) as Middleware
}

/** The refusals of query parameters that nobody asked for. */
const UNASKED = ['invalid'] as const

/**
 * Declares a route public: nobody is identified, and query parameters that mail clients and browsers add are ignored.
 */
export const isPublic = (): MiddlewareHandler =>
  annotated(
    // Another method of the path gets it: an operation without any refusal is taken for unfinished by linters.
    { access: { kind: 'public' }, operation: () => ({ errors: ['method_not_allowed'] }) },
    (_, next) => next(),
  )

/** Returns who may call the endpoint of this request; undefined if there is no endpoint. */
export const declaredAccess = (c: Context): Access | undefined =>
  annotationsOf(c).find(({ access }) => access !== undefined)?.access

/** Returns the error for what no endpoint asked for; undefined if it passes on whatever it gets. */
async function unasked(c: Context): Promise<AppError | undefined> {
  if (annotationsOf(c).some((annotation) => annotation.passesOn)) return undefined
  return unaskedQuery(c) ?? (await unaskedBody(c))
}

/** Returns the error for query parameters of an endpoint that takes none; undefined if none were sent. */
function unaskedQuery(c: Context): AppError | undefined {
  if (!c.req.url.includes('?') || annotationsOf(c).some((annotation) => annotation.query)) return undefined
  return refusalOf(sentQuery(c.req.url))
}

/**
 * Returns the error for a body sent to an endpoint that takes none: unsupported_media_type, malformed_body,
 * body_too_large or invalid. An empty body, or one without members, is ignored.
 */
async function unaskedBody(c: Context): Promise<AppError | undefined> {
  if (!isWrite(c) || takesBody(c) || c.req.raw.body === null) return undefined
  try {
    if ((await unpackedBody(c.req.raw)).length === 0) return undefined
    return refusalOf(await parsedBody(c.req.raw))
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

/** Returns the error that names each member sent; undefined if there is none. */
function refusalOf(sent: unknown): AppError | undefined {
  const { fields } = validate(nothing(), readInput(nothing(), sent))
  return fields && new AppError('invalid', { fields })
}

const nothing = once(() => z.strictObject({}))
