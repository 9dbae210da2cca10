import { createMiddleware } from 'hono/factory'
import type { CustomerEnv } from '../auth/requires-customer.ts'
import { bookmarkOf } from '../db/client.ts'
import { annotated } from '../http/annotations.ts'
import { HEADERS } from '../http/headers.ts'

/**
 * Sends `X-D1-Bookmark`, the bookmark of D1's session, with each success of a request that has one. Clients need not
 * send it back: the first round trip of each request goes to the primary, because it checks the caller, and the
 * endpoint's own read rides in it, so that every request sees all writes before it. Of a bookmark that a client sends
 * it only counts that there is one, so it cannot do harm.
 */
export const readYourWrites = annotated(
  { operation: () => ({ answerHeaders: [HEADERS.BOOKMARK] }) },
  createMiddleware<CustomerEnv>(async (c, next) => {
    await next()
    const bookmark = bookmarkOf(c.get('db'))
    if (c.res.ok && bookmark !== null) c.header(HEADERS.BOOKMARK, bookmark)
  }),
)
