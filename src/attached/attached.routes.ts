import { type Context, Hono } from 'hono'
import type { Attachment } from '../attachment.ts'
import { type CustomerEnv, requiresCustomer } from '../auth/requires-customer.ts'
import type { Env } from '../env.ts'
import { AppError } from '../errors.ts'
import { passesOn } from '../http/annotations.ts'
import { HEADERS } from '../http/headers.ts'
import { isWrite } from '../http/routing.ts'
import { type Stores, storesOf } from '../http/stores.ts'
import { parsedSettings } from '../settings.ts'
import { apiOf } from './api.ts'
import { assertionOf } from './assertion.ts'
import { NothingSent } from './failures.ts'
import { type Call, type ForwardedAnswer, forward } from './forward.ts'
import { ASSERTION_HEADER, sentBack, sentOn } from './headers.ts'
import { targetOf } from './paths.ts'
import { permittedStream } from './permitted-stream.ts'

/** The methods that are passed on; a HEAD goes by GET. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** What a caller who has left would have got, as nginx has it. Nobody does; it is for the record and the log. */
const CALLER_LEFT = 499

type CustomerContext = Context<CustomerEnv>

/** The paths of an attached API: one more part of the customer surface, answered by another service. */
export function attachedRoutes(prefixes: readonly string[]) {
  const routes = new Hono<CustomerEnv>()
  for (const prefix of prefixes) routes.on(METHODS, `${prefix}/*`, requiresCustomer(), passesOn(), passOn)
  return routes
}

/** Returns the prefixes of the paths of an attached API; none where a setting is invalid, which every request tells. */
export const attachedPrefixes = (env: Env): readonly string[] =>
  parsedSettings(env).settings?.attachment?.prefixes ?? []

async function passOn(c: CustomerContext): Promise<Response> {
  const stores = storesOf(c)
  const { attachment } = stores.settings
  if (!attachment) throw new AppError('not_found')
  // No transaction can hold back what is asked of another service.
  await c.var.customer.verify()
  const call = await callOf(c, stores, attachment)
  const { facts } = c.var
  try {
    const answer = await forward(call)
    facts.goesOn = answer.body !== null && 'goesOn' in answer.body
    return answered(c, answer)
  } catch (error) {
    if (!isWrite(c) && c.req.raw.signal.aborted) return new Response(null, { status: CALLER_LEFT })
    if (isWrite(c) && !(error instanceof NothingSent)) facts.result = 'unknown'
    throw error
  }
}

/** @throws AppError path_malformed, upgrade_unsupported, malformed_body */
async function callOf(c: CustomerContext, stores: Stores, attachment: Attachment): Promise<Call> {
  const { req } = c
  const { headers, signal } = req.raw
  const { prefixes, timeoutMs } = attachment
  const { path, query } = targetOf(req.url, prefixes)
  if (headers.has('Upgrade')) throw new AppError('upgrade_unsupported')
  const length = headers.get('Content-Length')
  const body = length === '0' ? null : req.raw.body
  if (body && !isWrite(c))
    throw new AppError('malformed_body', { message: 'A request that only reads takes no body' })
  const api = apiOf(stores, attachment)
  const uri = api.base + path
  const sent = sentOn(headers, req.method)
  sent.set(ASSERTION_HEADER, await assertionFor(c, stores, attachment.audience, uri))
  sent.set(HEADERS.REQUEST_ID, c.var.requestId)
  return {
    api,
    url: uri + query,
    method: req.method,
    headers: sent,
    body,
    length: length === null ? null : Number(length),
    timeoutMs,
    // A change that has begun runs to its record, whoever is left to hear of it.
    signal: isWrite(c) ? undefined : signal,
  }
}

function assertionFor({ req, var: known }: CustomerContext, stores: Stores, audience: string, uri: string) {
  const asserted = {
    issuer: stores.settings.publicUrl,
    audience,
    customerUid: known.customer.uid,
    requestId: known.requestId,
    method: req.method,
    uri,
    by: known.facts,
  }
  return assertionOf(stores.assertionKeys, asserted, known.now())
}

/** The answer as the caller gets it: bytes and status as they are, headers less those that are not the API's to set. */
function answered(c: CustomerContext, { response, body }: ForwardedAnswer): Response {
  const { status, statusText } = response
  const headers = sentBack(response.headers, c.body(null).headers)
  const { customer, now } = c.var
  const content = body && ('whole' in body ? body.whole : permittedStream(body.goesOn, customer, now))
  return new Response(content, { status, statusText, headers, encodeBody: 'manual' })
}
