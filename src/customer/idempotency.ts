import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { CustomerEnv } from '../auth/requires-customer.ts'
import { sha256Hex, sha256HexOfMuch } from '../crypto/digest.ts'
import { AppError } from '../errors.ts'
import { mediaTypeOf, parsedBody, rawBody } from '../http/body.ts'
import { routePattern } from '../http/routing.ts'
import { bodyLimit } from '../http/validation.ts'
import { repeatableScope } from './idempotency.service.ts'

/** Visible ASCII: the draft's quoted string as well as the bare text that most clients send. */
const KEY_FORM = /^[!-~]{1,255}$/

/**
 * `Idempotency-Key` on every POST (draft-ietf-httpapi-idempotency-key-header-07): what the first request with a key
 * changes is changed once, and for 24 hours its answer, also that there is a conflict, is the answer to each
 * repetition by the same caller, marked `Idempotent-Replayed`. What is refused before anything is written, is judged
 * anew.
 * @throws AppError idempotency_key_invalid
 */
export const idempotent = createMiddleware<CustomerEnv>(async (c, next) => {
  const key = c.req.header('Idempotency-Key')
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
  if (facts.replayed) c.header('Idempotent-Replayed', 'true')
})

/** What is asked: method, path with query, type and content of the body. */
async function fingerprintOf(c: Context<CustomerEnv>): Promise<string> {
  const bytes = await rawBody(c.req.raw, bodyLimit(c))
  const mediaType = mediaTypeOf(c.req.raw)
  const { pathname, search } = new URL(c.req.url)
  // The boundary of a multipart form is drawn anew each time it is sent, so what counts is what it says.
  const payload = mediaType === 'multipart/form-data' ? JSON.stringify(await parsedBody(c.req.raw)) : bytes
  const digest = await sha256HexOfMuch(payload)
  return sha256Hex(`${c.req.method} ${pathname}${search}\n${mediaType}\n${digest}`)
}
