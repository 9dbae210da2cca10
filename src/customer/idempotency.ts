import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { CustomerEnv } from '../auth/requires-customer.ts'
import { sha256Hex, sha256HexOfMuch } from '../crypto/digest.ts'
import { SealingKeys } from '../crypto/sealed-secret.ts'
import { AppError } from '../errors.ts'
import { mediaTypeOf, parsedBody, rawBody } from '../http/body.ts'
import { routePattern } from '../http/routing.ts'
import { bodyLimit } from '../http/validation.ts'
import { logFailure } from '../log.ts'
import { claimRequest, keepAnswer, type RepeatableRequest, releaseRequest } from './idempotency.service.ts'

type CustomerContext = Context<CustomerEnv>

/** Visible ASCII: the draft's quoted string as well as the bare text that most clients send. */
const KEY_FORM = /^[!-~]{1,255}$/

/** Answers that say "not now" rather than how it ended. */
const isOutcome = (status: number) => status < 500 && status !== 429

/**
 * `Idempotency-Key` on every POST (draft-ietf-httpapi-idempotency-key-header-07): the first request with a key runs,
 * and for 24 hours its answer, success or refusal, is the answer to each repetition, marked `Idempotent-Replayed`. The
 * key belongs to the customer, whoever calls for it. What did not come to an outcome (5xx) is not kept.
 * @throws AppError idempotency_key_invalid, idempotency_key_reused, idempotency_in_progress, dependency_unavailable
 */
export const idempotent = createMiddleware<CustomerEnv>(async (c, next) => {
  const key = c.req.header('Idempotency-Key')
  if (key === undefined || c.req.method !== 'POST' || routePattern(c) === undefined) return next()
  if (!KEY_FORM.test(key)) throw new AppError('idempotency_key_invalid')
  const request = await repeatable(c, key)
  const seal = new SealingKeys(c.env.CLIENT_SECRETS_KEYS)
  const first = await claimRequest(c.var.db, seal, request, c.var.now())
  if (first) {
    c.header('Idempotent-Replayed', 'true')
    return c.body(first.body, first.status as ContentfulStatusCode, { 'Content-Type': 'application/json' })
  }
  await next()
  try {
    if (isOutcome(c.res.status)) await keepAnswer(c.var.db, seal, request, await answerOf(c))
    else await releaseRequest(c.var.db, request)
  } catch (cause) {
    // What the request did, it did: the caller is told so. Its repetition is held off until the claim runs out.
    logFailure({ request_id: c.var.requestId, code: 'dependency_unavailable' }, cause)
  }
})

async function repeatable(c: CustomerContext, key: string): Promise<RepeatableRequest> {
  const bytes = await rawBody(c.req.raw, bodyLimit(c))
  const mediaType = mediaTypeOf(c.req.raw)
  const { pathname, search } = new URL(c.req.url)
  // The boundary of a multipart form is drawn anew each time it is sent, so what counts is what it says.
  const payload = mediaType === 'multipart/form-data' ? JSON.stringify(await parsedBody(c.req.raw)) : bytes
  const digest = await sha256HexOfMuch(payload)
  return {
    customerUid: c.var.customer.uid,
    key,
    fingerprint: sha256Hex(`${c.req.method} ${pathname}${search}\n${mediaType}\n${digest}`),
    requestId: c.var.requestId,
  }
}

async function answerOf(c: CustomerContext) {
  const { status } = c.res
  return { status, body: await c.res.clone().text() }
}
