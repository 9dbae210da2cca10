import { AppError } from '../errors.ts'
import type { Api } from './api.ts'
import { type Body, bodyOf } from './beginning.ts'
import { chunksOf, followedUpload } from './chunks.ts'
import { refusalOfAnswer, refusalOfFailure } from './failures.ts'

/** A call of an attached API. */
export interface Call {
  api: Api
  url: string
  method: string
  headers: Headers
  body: ReadableStream<Uint8Array> | null
  /** The length of the body; null: nobody knows. */
  length: number | null
  /** How long the API may be silent before its answer begins. */
  timeoutMs: number
  /** Aborted when the call is not wanted any more. */
  signal: AbortSignal | undefined
}

/** The answer of an attached API. */
export interface ForwardedAnswer {
  response: Response
  body: Body | null
}

/**
 * Calls an attached API and returns its answer, once that has begun. Redirects are answers as others are.
 * @throws AppError customer_api_unavailable, customer_api_timeout; NothingSent; what the signal was aborted with
 */
export async function forward(call: Call): Promise<ForwardedAnswer> {
  const patience = new Patience(call.timeoutMs)
  const body = call.body && followedUpload(call.body, call.length, () => patience.renew())
  let response: Response | undefined
  const signals = [patience.signal, call.signal].filter((signal) => signal !== undefined)
  try {
    response = await call.api.fetch(call.url, {
      method: call.method,
      headers: call.headers,
      ...(body && { body }),
      redirect: 'manual',
      // Bytes are passed on as they are.
      encodeResponseBody: 'manual',
      signal: AbortSignal.any(signals),
    })
    const refusal = refusalOfAnswer(call.api.origin, response)
    if (refusal) throw refusal
    return { response, body: await begun(response) }
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    // Nobody waits for an answer any more.
    if (call.signal?.aborted) throw cause
    if (response || patience.signal.aborted) throw new AppError('customer_api_timeout', { cause })
    throw await refusalOfFailure(call.api.origin, cause)
  } finally {
    patience.end()
  }
}

async function begun({ body, headers }: Response): Promise<Body | null> {
  if (!body) return null
  // Each event is for now, and the stream ends when somebody goes (https://html.spec.whatwg.org/#server-sent-events).
  if (headers.get('Content-Type')?.startsWith('text/event-stream')) return { goesOn: chunksOf(body) }
  const length = headers.get('Content-Length')
  return bodyOf(body, length === null ? null : Number(length))
}

/** How long a call may go without a sign of life: a signal that is aborted when there was none for so long. */
class Patience {
  readonly #controller = new AbortController()
  readonly #ms: number
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(ms: number) {
    this.#ms = ms
    this.renew()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  renew(): void {
    this.end()
    this.#timer = setTimeout(() => this.#controller.abort(), this.#ms)
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}
