import { cors } from 'hono/cors'
import { createMiddleware } from 'hono/factory'
import { settingsOf } from '../settings.ts'
import type { AppEnv } from './context.ts'
import { HEADERS } from './headers.ts'

/** How long a browser may cache a preflight. */
const PREFLIGHT_SECONDS = 600

/**
 * Allows the requesting origin, which was checked before. No credentials, and no `X-Requested-With`: sessions of
 * browsers are for our own pages.
 */
const allow = cors({
  origin: (origin) => origin,
  allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowHeaders: [
    [
      'Content-Type',
      'Authorization',
      HEADERS.CLIENT_ID,
      HEADERS.SIGNATURE,
      HEADERS.CUSTOMER_KEY,
      HEADERS.ADMIN_KEY,
      HEADERS.CUSTOMER_ID,
    ],
    [HEADERS.REASON, HEADERS.IDEMPOTENCY_KEY, HEADERS.BOOKMARK],
  ].flat(),
  exposeHeaders: [
    HEADERS.REQUEST_ID,
    HEADERS.AUDIT_ID,
    HEADERS.RETRY_AFTER,
    HEADERS.BOOKMARK,
    HEADERS.REPLAYED,
    'Link',
  ],
  maxAge: PREFLIGHT_SECONDS,
})

/**
 * Lets browsers call from the origins of `CORS_ORIGINS`. For all others, which is everyone where it is empty, this
 * changes nothing: OPTIONS is refused as any method that a path does not have.
 */
export const crossOrigin = createMiddleware<AppEnv>((c, next) => {
  const { corsOrigins } = settingsOf(c.env)
  if (corsOrigins.length === 0) return next()
  if (corsOrigins.includes(c.req.header('Origin') ?? '')) return allow(c, next)
  c.header('Vary', 'Origin')
  return next()
})
