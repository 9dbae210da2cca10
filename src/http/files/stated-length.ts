import { createMiddleware } from 'hono/factory'
import type { AppEnv } from '../context.ts'

/** Returns an answer with another body, whose bytes are what its headers say of them. */
export const withBody = ({ status, statusText, headers }: Response, body: BodyInit | null): Response =>
  new Response(body, { status, statusText, headers, encodeBody: 'manual' })

/**
 * Gives the stream of an answer that goes on the length that its headers state, or the runtime would not send that. It
 * goes before whatever follows such a stream: what breaks off behind it is not known any more for what it was.
 */
export const statesLength = createMiddleware<AppEnv>(async (c, next) => {
  await next()
  const answer = c.res
  const length = answer.headers.get('Content-Length')
  if (!c.var.facts.goesOn || !answer.body || length === null) return
  c.res = undefined
  c.res = withBody(answer, answer.body.pipeThrough(new FixedLengthStream(Number(length))))
})
