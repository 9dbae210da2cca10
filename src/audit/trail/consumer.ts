import type { Clock, Env } from '../../env.ts'
import { storesIn } from '../../http/stores.ts'
import { logFailure } from '../../log.ts'
import { exportSegments } from '../export/segments.ts'
import { type AuditEvent, auditEvent } from '../recording/event.ts'
import { appendEvents } from './append.ts'
import type { Segment } from './segment.ts'

/** The longest delay of a retry. With the queue's 100 retries an outage of D1 of up to a day heals by itself. */
const MAX_RETRY_DELAY_SECONDS = 15 * 60

/** Returns the back-off of a message that could not be stored: 2, 4, 8 ... seconds. */
export const retryDelaySeconds = (attempts: number, max = MAX_RETRY_DELAY_SECONDS) =>
  Math.min(2 ** attempts, max)

/**
 * Consumes `steward-audit`: appends the batch to the trail, then exports it. A message in D1 is acknowledged; a
 * failed export is owed, and done with the next batch or by the cron.
 */
export async function consumeAuditEvents(batch: MessageBatch, env: Env, now: Clock): Promise<void> {
  const stores = storesIn(env)
  const readable: [Message, AuditEvent][] = []
  for (const message of batch.messages) {
    const { data } = auditEvent().safeParse(message.body)
    if (data) readable.push([message, data])
    else await setAside(message, env)
  }
  if (readable.length === 0) return
  let owed: Segment[]
  try {
    const events = readable.map(([, event]) => event)
    owed = await appendEvents(stores, events, now())
  } catch (error) {
    logFailure({ queue: batch.queue }, error)
    for (const [message] of readable) message.retry({ delaySeconds: retryDelaySeconds(message.attempts) })
    return
  }
  for (const [message] of readable) message.ack()
  await exportSegments(stores, owed, now()).catch((error: unknown) =>
    logFailure({ queue: batch.queue, code: 'export_owed' }, error),
  )
}

/** Sends an unreadable message to the dead letters at once, whatever its type: a retry cannot help. */
async function setAside(message: Message, env: Env): Promise<void> {
  try {
    await env.AUDIT_DEAD_LETTERS.send(message.body, { contentType: 'v8' })
    message.ack()
  } catch (error) {
    logFailure({ queue: 'steward-audit-dlq' }, error)
    message.retry({ delaySeconds: retryDelaySeconds(message.attempts) })
  }
}
