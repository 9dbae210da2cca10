import { createApp } from './app.ts'
import { consumeAuditEvents } from './audit/trail/consumer.ts'
import { consumeDeadLetters } from './audit/trail/dead-letters.consumer.ts'
import type { Env } from './env.ts'
import { runJobs } from './jobs.ts'

const app = createApp()

export default {
  fetch: app.fetch,
  queue: (batch, env) =>
    batch.queue === 'steward-audit-dlq'
      ? consumeDeadLetters(batch, env, Date.now)
      : consumeAuditEvents(batch, env, Date.now),
  scheduled: ({ cron }, env) => runJobs(cron, env, Date.now),
} satisfies ExportedHandler<Env>
