import { createMiddleware } from 'hono/factory'
import type { CustomerEnv } from '../auth/requires-customer.ts'
import { bookmarkOf } from '../db/client.ts'

/**
 * Tells with each success how far the database is by now (`X-D1-Bookmark`, from D1's session). A client may send it
 * back, and need not: the first round trip of each request goes to the primary, because it checks the caller, and the
 * endpoint's own read rides in it, so that every request sees all writes before it. What a client sends as its
 * bookmark is therefore not looked at, and cannot do harm.
 */
export const readYourWrites = createMiddleware<CustomerEnv>(async (c, next) => {
  await next()
  const bookmark = bookmarkOf(c.var.db)
  if (c.res.ok && bookmark !== null) c.header('X-D1-Bookmark', bookmark)
})
