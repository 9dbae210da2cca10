import { createMiddleware } from 'hono/factory'
import type { AppEnv } from '../env.ts'
import { routeName } from './routing.ts'

/** Takes the lines of the log. */
export type WriteLine = (line: string) => void

/** A thing that a request is about, by what it is and its id. */
export interface Target {
  type: string
  id: string
}

/** What becomes known of a request on its way. Identifiers only: never a key, a token or an email. */
export interface RequestFacts {
  adminId: number | null
  apiKeyId: string | null
  customerUid: string | null
  /** What the path names, or what the request made. */
  target: Target | null
  /** What the request changed, by field: the value before and the one after. Never a secret or a customer's personal data. */
  changes: Record<string, [before: unknown, after: unknown]> | null
  /** Whether an earlier request with the same `Idempotency-Key` had done all of it. */
  replayed: boolean
  /** Rows of a streamed answer that have left so far; null: it is no stream of rows. */
  rows: number | null
  /** D1 round trips. */
  d1Calls: number
}

/** Writes one line of JSON about each request. It names the path by its pattern: what a caller puts there can be a secret. */
export const requestLog = (write: WriteLine) =>
  createMiddleware<AppEnv>(async (c, next) => {
    await next()
    const { requestId, startedAt, now, facts } = c.var
    const line = {
      level: 'info',
      request_id: requestId,
      method: c.req.method,
      route: routeName(c),
      status: c.res.status,
      duration_ms: now() - startedAt,
      admin_id: facts.adminId,
      api_key_id: facts.apiKeyId,
      customer_uid: facts.customerUid,
      d1_calls: facts.d1Calls,
    }
    write(JSON.stringify(line))
  })
