import { createMiddleware } from 'hono/factory'
import type { AppEnv } from './context.ts'
import { routeName } from './routing.ts'

/** A sink for log lines. */
export type WriteLine = (line: string) => void

/** Logs one line of JSON for each request, with the pattern of its path: the path itself can hold secrets. */
export const requestLog = (write: WriteLine) =>
  createMiddleware<AppEnv>(async (c, next) => {
    await next()
    const { requestId, startedAt, now, facts } = c.var
    const line = {
      level: 'info',
      request_id: requestId,
      method: c.req.method,
      route: routeName(c),
      status: c.res.status,
      duration_ms: now() - startedAt,
      admin_id: facts.actor?.adminId ?? null,
      api_key_id: facts.actor?.apiKeyId ?? null,
      customer_uid: facts.customerUid,
      code: facts.refusal?.code ?? null,
      because: facts.refusal?.because ?? null,
      d1_calls: facts.d1Calls,
    }
    write(JSON.stringify(line))
  })
