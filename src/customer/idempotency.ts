import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { CustomerEnv } from '../auth/requires-customer.ts'
import { sha256Hex } from '../crypto/digest.ts'
import { AppError } from '../errors.ts'
import { bodyDigest } from '../http/body/digest.ts'
import { mediaTypeOf } from '../http/body/parse.ts'
import { HEADERS } from '../http/headers.ts'
import { routePattern } from '../http/routing.ts'
import { bodyLimit } from '../http/validation.ts'
import { repeatableScope } from './idempotency.service.ts'

/** Visible ASCII, which covers the draft's quoted string and the bare text that most clients send. */
const KEY_FORM = /^[!-~]{1,255}$/

/**
 * Implements `Idempotency-Key` for every POST (draft-ietf-httpapi-idempotency-key-header-07): the changes of the
 * first request with a key are made once, and for 24 hours its answer, conflicts included, is the answer to each
 * repetition by the same caller, marked `Idempotent-Replayed`. A request refused before anything was written is
 * judged anew.
 * @throws AppError idempotency_key_invalid
 */
export const idempotent = createMiddleware<CustomerEnv>(async (c, next) => {
  const key = c.req.header(HEADERS.IDEMPOTENCY_KEY)
  if (key === undefined || c.req.method !== 'POST' || routePattern(c) === undefined) return next()
  if (!KEY_FORM.test(key)) throw new AppError('idempotency_key_invalid')
  const { customer, facts, now, requestId } = c.var
  const request = { key, fingerprint: await fingerprintOf(c), requestId, now: now() }
  const replays: boolean[] = []
  const repeatable = repeatableScope(customer, request, (isReplay) => {
    replays.push(isReplay)
    facts.replayed = replays.every((replay) => replay)
  })
  c.set('customer', repeatable)
  await next()
  if (facts.replayed) c.header(HEADERS.REPLAYED, 'true')
})

/** Returns a hash of the method, the routed path, the query, and the type and content of the body. */
async function fingerprintOf(c: Context<CustomerEnv>): Promise<string> {
  const { method, path, url, raw } = c.req
  const digest = await bodyDigest(raw, bodyLimit(c))
  return sha256Hex(JSON.stringify([method, path, new URL(url).search, mediaTypeOf(raw), digest]))
}
