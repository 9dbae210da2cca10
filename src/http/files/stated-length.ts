import { createMiddleware } from 'hono/factory'
import type { AppEnv } from '../context.ts'

/**
 * Gives the stream of an answer that goes on the length that its headers state, or the runtime would not send that. It
 * goes before whatever follows such a stream: what breaks off behind it is not known any more for what it was.
 */
export const statesLength = createMiddleware<AppEnv>(async (c, next) => {
  await next()
  const { body, status, statusText, headers } = c.res
  const length = headers.get('Content-Length')
  if (!c.var.facts.goesOn || body === null || length === null) return
  const stated = body.pipeThrough(new FixedLengthStream(Number(length)))
  c.res = undefined
  c.res = new Response(stated, { status, statusText, headers, encodeBody: 'manual' })
})
