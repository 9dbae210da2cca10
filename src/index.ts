import { createApp } from './app.ts'
import { consumeAuditEvents, consumeDeadLetters } from './audit/consumer.ts'
import { exportOwedSegments } from './audit/export.ts'
import { openDatabase } from './db/client.ts'
import type { Env } from './env.ts'

const app = createApp()

export default {
  fetch: app.fetch,
  queue: (batch, env) =>
    batch.queue === 'steward-audit-dlq'
      ? consumeDeadLetters(batch, env, Date.now)
      : consumeAuditEvents(batch, env, Date.now),
  scheduled: (_event, env) => exportOwedSegments(openDatabase(env.DB), env.AUDIT_BUCKET, Date.now()),
} satisfies ExportedHandler<Env>
