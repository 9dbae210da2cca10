import { Hono } from 'hono'
import bare from './bare.worker.ts'

/** As long as a record of the service's audit trail is. */
const RECORD = { v: 1, id: 'aud_0123456789abcdefghijkl', text: '.'.repeat(600) }

/**
 * The bare Worker with the least that makes an audited act of a request: a durable message before a change, one before each
 * answer leaves, and a consumer that has nothing to do with them.
 */
const app = new Hono<{ Bindings: { DB: D1Database; UPSTREAM: string; AUDIT_QUEUE: Queue } }>()
  .use(async (c, next) => {
    if (c.req.method !== 'GET') await c.env.AUDIT_QUEUE.send({ ...RECORD, stage: 'received' })
    await next()
    await c.env.AUDIT_QUEUE.send({ ...RECORD, stage: 'completed' })
  })
  .route('/', bare)

export default { fetch: app.fetch, queue() {} } satisfies ExportedHandler<{ AUDIT_QUEUE: Queue }>
