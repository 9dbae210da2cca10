import { Hono } from 'hono'

/**
 * What everything is measured against: Hono and one D1 query a request, and a call that is passed on where one is, and nothing
 * else. Its table is its own.
 */
const app = new Hono<{ Bindings: { DB: D1Database; UPSTREAM: string } }>()
  .get('/hello', (c) => c.text('hello'))
  .get('/v1/*', async (c) => {
    await c.env.DB.prepare('SELECT customer_uid FROM bare_lists WHERE id = ?').bind(1).first()
    return fetch(c.env.UPSTREAM + c.req.path, { headers: c.req.raw.headers })
  })
  .get('/lists', async (c) => {
    const { results } = await c.env.DB.prepare(
      'SELECT uid, name, created_at FROM bare_lists WHERE customer_uid = ? ORDER BY id LIMIT 20',
    )
      .bind('customer-1')
      .all()
    return c.json({ lists: results })
  })
  .post('/lists', async (c) => {
    const { name } = await c.req.json<{ name: string }>()
    const list = await c.env.DB.prepare(
      'INSERT INTO bare_lists (uid, customer_uid, name, created_at) VALUES (?, ?, ?, unixepoch()) RETURNING uid, name',
    )
      .bind(crypto.randomUUID(), 'customer-2', name)
      .first()
    return c.json(list, 201)
  })

export default app
