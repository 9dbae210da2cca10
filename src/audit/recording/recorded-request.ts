import type { Context } from 'hono'
import type { Clock, Env } from '../../env.ts'
import type { AppEnv, RequestFacts } from '../../http/context.ts'
import { HEADERS, keptHeader } from '../../http/headers.ts'
import { routeName } from '../../http/routing.ts'

/** A request as its record tells of it, with what it takes to keep that record. The texts are as the caller sent them. */
export interface RecordedRequest {
  id: string
  method: string
  /** The route as people write it; null: no endpoint answers. */
  route: string | null
  url: string
  ip: string | null
  country: string | null
  colo: string | null
  userAgent: string | null
  startedAt: number
  /** Facts that become known while the request runs. */
  facts: RequestFacts
  now: Clock
  queue: Env['AUDIT_QUEUE']
  waitUntil(work: Promise<unknown>): void
}

/** Returns the request of this context for its record. */
export function recordedRequest(c: Context<AppEnv>): RecordedRequest {
  const { requestId, startedAt, facts, now } = c.var
  const { method, url, raw } = c.req
  const { country, colo } = (raw.cf ?? {}) as { country?: string; colo?: string }
  return {
    id: requestId,
    method,
    route: routeName(c),
    url,
    ip: raw.headers.get(HEADERS.SOURCE_ADDRESS),
    country: country ?? null,
    colo: colo ?? null,
    userAgent: keptHeader(raw.headers, 'User-Agent'),
    startedAt,
    facts,
    now,
    queue: c.env.AUDIT_QUEUE,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  }
}
