import { createApp } from './app.ts'
import { consumeAuditEvents } from './audit/consumer.ts'
import { consumeDeadLetters } from './audit/dead-letters.service.ts'
import { exportOwedSegments } from './audit/export.ts'
import { runListTasks } from './customer/list-tasks.service.ts'
import { openDatabase } from './db/client.ts'
import type { Env } from './env.ts'

const app = createApp()

export default {
  fetch: app.fetch,
  queue: (batch, env) =>
    batch.queue === 'steward-audit-dlq'
      ? consumeDeadLetters(batch, env, Date.now)
      : consumeAuditEvents(batch, env, Date.now),
  scheduled: async (_event, env) => {
    const db = openDatabase(env.DB)
    await Promise.all([exportOwedSegments(db, env.AUDIT_BUCKET, Date.now()), runListTasks(db, Date.now)])
  },
} satisfies ExportedHandler<Env>
