import { openDatabase } from '../db/client.ts'
import { auditDeadLetters } from '../db/schema.ts'
import type { Clock, Env } from '../env.ts'
import { logFailure } from '../log.ts'
import { type AuditEvent, auditEvent } from './event.ts'
import { exportSegments } from './export.ts'
import { appendEvents } from './trail.ts'

/** Back-off of a message that could not be stored: 2, 4, 8 ... seconds, at most five minutes. */
const retryDelaySeconds = (attempts: number) => Math.min(2 ** attempts, 300)

/**
 * Consumes `steward-audit`: appends the batch to the trail, then exports it. Once a message is in D1 it is done with;
 * an export that fails is owed, and the next batch or the cron pays it.
 */
export async function consumeAuditEvents(batch: MessageBatch, env: Env, now: Clock): Promise<void> {
  const db = openDatabase(env.DB)
  const readable: [Message, AuditEvent][] = []
  for (const message of batch.messages) {
    const { data } = auditEvent.safeParse(message.body)
    if (data) readable.push([message, data])
    else await setAside(message, env)
  }
  if (readable.length === 0) return
  try {
    const { appended, owed } = await appendEvents(
      db,
      readable.map(([, event]) => event),
      now(),
    )
    for (const [message] of readable) message.ack()
    await exportSegments(db, env.AUDIT_BUCKET, appended ? [...owed, appended] : owed, now())
  } catch (error) {
    logFailure({ queue: batch.queue }, error)
    // Has no effect on messages that are acknowledged already.
    for (const [message] of readable) message.retry({ delaySeconds: retryDelaySeconds(message.attempts) })
  }
}

/** Consumes `steward-audit-dlq`: keeps each message in D1, as it came, for people to look at. */
export async function consumeDeadLetters(batch: MessageBatch, env: Env, now: Clock): Promise<void> {
  const rows = batch.messages.map(({ id, body, attempts, timestamp }) => ({
    id,
    body: JSON.stringify(body) ?? 'null',
    reason: auditEvent.safeParse(body).success ? 'undeliverable' : 'unreadable',
    attempts,
    sentAt: timestamp.getTime(),
    receivedAt: now(),
  }))
  const db = openDatabase(env.DB)
  try {
    const [first, ...rest] = rows.map((row) => db.insert(auditDeadLetters).values(row).onConflictDoNothing())
    if (first) await db.batch([first, ...rest])
  } catch (error) {
    logFailure({ queue: batch.queue }, error)
    for (const message of batch.messages) message.retry({ delaySeconds: retryDelaySeconds(message.attempts) })
  }
}

/** Trying an unreadable message again cannot help, so it goes to the dead letters at once. */
async function setAside(message: Message, env: Env): Promise<void> {
  try {
    await env.AUDIT_DEAD_LETTERS.send(message.body)
    message.ack()
  } catch (error) {
    logFailure({ queue: 'steward-audit-dlq' }, error)
    message.retry({ delaySeconds: retryDelaySeconds(message.attempts) })
  }
}
