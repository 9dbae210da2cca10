import { createMiddleware } from 'hono/factory'
import { openDatabase } from '../db/client.ts'
import type { Clock } from '../env.ts'
import { settingsOf } from '../settings.ts'
import { annotated, type OperationParts } from './annotations.ts'
import type { AppEnv, RequestFacts } from './context.ts'
import { customerEnvelope } from './envelopes.ts'
import { HEADERS } from './headers.ts'

/** The headers of every answer: OWASP REST Security Cheat Sheet, "Security Headers". A page has a policy of its own. */
const SECURITY_HEADERS = Object.entries({
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
})

/** What can come of every request. */
const operation = (): OperationParts => ({
  errors: ['internal'],
  answerHeaders: [HEADERS.REQUEST_ID, 'Cache-Control'],
})

/** Gives every request its id and clock, and every answer the headers that all of them have. */
export const requestContext = (now: Clock) =>
  annotated(
    { operation },
    createMiddleware<AppEnv>(async (c, next) => {
      const requestId = `req_${crypto.randomUUID()}`
      c.set('requestId', requestId)
      c.set('startedAt', now())
      c.set('now', now)
      c.set('envelope', customerEnvelope)
      const facts: RequestFacts = {
        actor: null,
        grant: null,
        reason: null,
        customerUid: null,
        target: null,
        changes: null,
        replayed: false,
        result: null,
        goesOn: false,
        rows: null,
        refusal: null,
        d1Calls: 0,
      }
      c.set('facts', facts)
      c.header(HEADERS.REQUEST_ID, requestId)
      for (const [name, value] of SECURITY_HEADERS) c.header(name, value)
      await next()
    }),
  )

/**
 * Gives every request its database: in a session only where there are replicas that could serve a part of it, or where
 * the caller keeps bookmarks, which come of sessions.
 */
export const requestDatabase = createMiddleware<AppEnv>((c, next) => {
  const inSession = settingsOf(c.env).readReplication || c.req.header(HEADERS.BOOKMARK) !== undefined
  const facts = c.get('facts')
  c.set('db', openDatabase(c.env.DB, { inSession, onRoundTrip: () => facts.d1Calls++ }))
  return next()
})
