import { Buffer } from 'node:buffer'
import * as z from 'zod'
import { once } from '../../base/once.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import { type Database, openDatabase } from '../../db/client.ts'
import { auditDeadLetters } from '../../db/schema/audit.ts'
import type { Clock, Env } from '../../env.ts'
import { logFailure } from '../../log.ts'
import { auditEvent } from '../recording/event.ts'
import { retryDelaySeconds } from './consumer.ts'
import { appendedBefore, type EntryKey } from './entry-key.ts'

/** The longest delay of a retry. With the queue's 100 retries that is as long as a queue keeps a message: 14 days. */
const MAX_RETRY_DELAY_SECONDS = 4 * 60 * 60

/** The most issues in the reason of a dead letter. */
const MAX_REASONS = 5

/** Consumes `steward-audit-dlq`: stores each message in D1, as it came, for people to look at. */
export async function consumeDeadLetters(batch: MessageBatch, env: Env, now: Clock): Promise<void> {
  const db = openDatabase(env.DB)
  for (const message of batch.messages) {
    try {
      await keep(db, message, now())
      message.ack()
    } catch (error) {
      logFailure({ queue: batch.queue }, error)
      message.retry({ delaySeconds: retryDelaySeconds(message.attempts, MAX_RETRY_DELAY_SECONDS) })
    }
  }
}

/**
 * Stores a message. One that comes again, such as after a replay, is the same dead letter and open again; that its
 * entry was appended is kept, also when the entry was pruned since.
 */
async function keep(db: Database, message: Message, now: number): Promise<void> {
  const body = textOf(message.body)
  const entry = entryKeyOf(message.body)
  const facts = {
    reason: reasonOf(message.body),
    attempts: message.attempts,
    sentAt: message.timestamp.getTime(),
    receivedAt: now,
    replayedAt: null,
  }
  await db
    .insert(auditDeadLetters)
    .values({
      id: `dlq_${sha256Hex(body).slice(0, 32)}`,
      body,
      ...facts,
      eventId: entry?.id ?? null,
      eventStage: entry?.stage ?? null,
      appendedAt: entry ? appendedBefore(entry, now) : null,
    })
    .onConflictDoUpdate({ target: auditDeadLetters.id, set: facts })
}

const entryKey = once(() => z.object(auditEvent().pick({ id: true, stage: true }).shape))

/** Returns the key of a message's entry, whatever else is wrong with it; undefined if it has none. */
const entryKeyOf = (body: unknown): EntryKey | undefined => entryKey().safeParse(body).data

/** Returns a body as JSON; bytes as base64. */
function textOf(body: unknown): string {
  if (body instanceof ArrayBuffer) return textOf(new Uint8Array(body))
  if (ArrayBuffer.isView(body)) {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    return JSON.stringify({ base64: bytes.toString('base64') })
  }
  try {
    return JSON.stringify(body) ?? 'null'
  } catch {
    return JSON.stringify(`${body}`)
  }
}

/** Returns the reason of a dead letter: the paths and codes of its issues, never values. */
function reasonOf(body: unknown): string {
  const issues = auditEvent().safeParse(body).error?.issues
  if (!issues) return 'undeliverable: all retries failed'
  const reasons = issues
    .slice(0, MAX_REASONS)
    .map(({ path, code }) => `${path.join('.') || 'message'} ${code}`)
  return `unreadable: ${reasons.join(', ')}`
}
