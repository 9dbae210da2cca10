import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import * as z from 'zod'
import type { CustomerEnv } from '../auth/requires-customer.ts'
import { sha256Hex } from '../crypto/digest.ts'
import { AppError } from '../errors.ts'
import { annotated, type OperationParts } from '../http/annotations.ts'
import { bodyDigest } from '../http/body/digest.ts'
import { mediaTypeOf } from '../http/body/parse.ts'
import { HEADERS } from '../http/headers.ts'
import { routePattern } from '../http/routing.ts'
import { bodyLimit } from '../http/validation.ts'
import { repeatableScope } from './idempotency.service.ts'

/** The method of requests that do more when they are repeated. */
const METHOD = 'POST'

/** Visible ASCII, which covers the draft's quoted string and the bare text that most clients send. */
const KEY_FORM = /^[!-~]{1,255}$/

function operation(method: string): OperationParts {
  if (method !== METHOD) return {}
  const key = z
    .string()
    .regex(KEY_FORM)
    .optional()
    .meta({
      description:
        'Makes the request safe to repeat: for 24 hours the same key with the same request gives the first answer again. It belongs to the API key that the request is made with.',
      examples: ['8e03978e-40d5-43e8-bc93-6894a57f9324'],
    })
  return {
    errors: ['idempotency_key_invalid', 'idempotency_key_reused'],
    requestHeaders: { [HEADERS.IDEMPOTENCY_KEY]: key },
    answerHeaders: [HEADERS.REPLAYED],
  }
}

const answerOnce = createMiddleware<CustomerEnv>(async (c, next) => {
  const key = c.req.header(HEADERS.IDEMPOTENCY_KEY)
  if (key === undefined || c.req.method !== METHOD || routePattern(c) === undefined) return next()
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

/**
 * Implements `Idempotency-Key` for every POST (draft-ietf-httpapi-idempotency-key-header-07): the changes of the
 * first request with a key are made once, and for 24 hours its answer, conflicts included, is the answer to each
 * repetition by the same caller, marked `Idempotent-Replayed`. A request refused before anything was written is
 * judged anew.
 */
export const idempotent = annotated({ operation }, answerOnce)

/** Returns a hash of the method, the routed path, the query, and the type and content of the body. */
async function fingerprintOf(c: Context<CustomerEnv>): Promise<string> {
  const { method, path, url, raw } = c.req
  const digest = await bodyDigest(raw, bodyLimit(c))
  return sha256Hex(JSON.stringify([method, path, new URL(url).search, mediaTypeOf(raw), digest]))
}
