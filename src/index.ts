import { createApp } from './app.ts'
import { attachedPrefixes } from './attached/attached.routes.ts'
import { consumeAuditEvents } from './audit/trail/consumer.ts'
import { consumeDeadLetters } from './audit/trail/dead-letters.consumer.ts'
import { BoundedCache } from './base/bounded-cache.ts'
import type { Env } from './env.ts'
import { runJobs } from './jobs.ts'

/** The services of an isolate, by the paths of what is attached. One without is ready before the first request. */
const services = new BoundedCache<ReturnType<typeof createApp>>(4)
services.set('', createApp())

/** Returns the service of a deployment, whose settings say which paths go to an attached API. */
function serviceOf(env: Env): ReturnType<typeof createApp> {
  const prefixes = attachedPrefixes(env)
  const name = prefixes.join()
  const service = services.get(name) ?? createApp(Date.now, console.log, prefixes)
  services.set(name, service)
  return service
}

export default {
  fetch: (request: Request, env: Env, context: ExecutionContext) =>
    serviceOf(env).fetch(request, env, context),
  queue: (batch, env) =>
    batch.queue === 'steward-audit-dlq'
      ? consumeDeadLetters(batch, env, Date.now)
      : consumeAuditEvents(batch, env, Date.now),
  scheduled: ({ cron }, env) => runJobs(cron, env, Date.now),
} satisfies ExportedHandler<Env>
