import { Buffer } from 'node:buffer'
import { and, count, desc, eq, isNull } from 'drizzle-orm'
import type { Reader } from '../auth/authority.ts'
import { sha256Hex } from '../crypto/digest.ts'
import { type Database, openDatabase } from '../db/client.ts'
import { past } from '../db/keyset.ts'
import { auditDeadLetters } from '../db/schema/audit.ts'
import type { Clock, Env } from '../env.ts'
import { AppError, orUnavailable } from '../errors.ts'
import { timestamp } from '../http/envelopes.ts'
import { type Page, type PageRequest, pageOf } from '../http/pagination.ts'
import { logFailure } from '../log.ts'
import { retryDelaySeconds } from './consumer.ts'
import { auditEvent } from './event.ts'

/** With the queue's 100 retries this is as long as a queue keeps a message: 14 days. */
const MAX_RETRY_DELAY_SECONDS = 4 * 60 * 60

/** How much of what is wrong with a message is told. */
const MAX_REASONS = 5

type DeadLetter = typeof auditDeadLetters.$inferSelect

/** Consumes `steward-audit-dlq`: keeps each message in D1, as it came, for people to look at. */
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

/** One that comes again, after a replay say, is the same dead letter and not replayed any more. */
async function keep(db: Database, message: Message, now: number): Promise<void> {
  const body = textOf(message.body)
  const facts = {
    reason: reasonOf(message.body),
    attempts: message.attempts,
    sentAt: message.timestamp.getTime(),
    receivedAt: now,
    replayedAt: null,
  }
  await db
    .insert(auditDeadLetters)
    .values({ id: `dlq_${sha256Hex(body).slice(0, 32)}`, body, ...facts })
    .onConflictDoUpdate({ target: auditDeadLetters.id, set: facts })
}

/** A body as JSON. Bytes, which JSON cannot say, as base64. */
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

/** What is wrong with a message: the places in it and how they are wrong, nothing of what stands there. */
function reasonOf(body: unknown): string {
  const issues = auditEvent().safeParse(body).error?.issues
  if (!issues) return 'undeliverable: all retries failed'
  const reasons = issues
    .slice(0, MAX_REASONS)
    .map(({ path, code }) => `${path.join('.') || 'message'} ${code}`)
  return `unreadable: ${reasons.join(', ')}`
}

/** All dead letters, the newest first. */
export async function listDeadLetters(reader: Reader, page: PageRequest): Promise<Page<PresentedDeadLetter>> {
  const { db } = reader
  const { receivedAt, id } = auditDeadLetters
  const [rows, [totals]] = await reader.read([
    db
      .select()
      .from(auditDeadLetters)
      .where(past([receivedAt, id], page, 'descending'))
      .orderBy(desc(receivedAt), desc(id))
      .limit(page.perPage + 1)
      .offset(page.offset),
    db.select({ total: count() }).from(auditDeadLetters),
  ])
  return pageOf(rows, totals?.total ?? 0, page, (row) => [row.receivedAt, row.id], presentDeadLetter)
}

/**
 * Sends a dead letter to the queue again, as it came. Should it come back before it is marked here, it stays open:
 * nothing is lost between the two steps.
 * @throws AppError dead_letter_unknown, audit_unavailable
 */
export async function replayDeadLetter(
  { db, queue }: { db: Database; queue: Queue },
  id: string,
  now: number,
): Promise<PresentedDeadLetter> {
  const [letter] = await orUnavailable(
    Promise.resolve(db.select().from(auditDeadLetters).where(eq(auditDeadLetters.id, id))),
  )
  if (!letter) throw new AppError('dead_letter_unknown')
  await queue.send(JSON.parse(letter.body)).catch((cause: unknown) => {
    throw new AppError('audit_unavailable', { cause })
  })
  const { receivedAt, replayedAt } = auditDeadLetters
  const asRead = and(eq(auditDeadLetters.id, id), eq(receivedAt, letter.receivedAt), isNull(replayedAt))
  await db.update(auditDeadLetters).set({ replayedAt: now }).where(asRead)
  return presentDeadLetter({ ...letter, replayedAt: now })
}

const presentDeadLetter = ({ id, body, reason, attempts, ...letter }: DeadLetter) => ({
  id,
  reason,
  attempts,
  body: JSON.parse(body) as unknown,
  sent_at: timestamp(letter.sentAt),
  received_at: timestamp(letter.receivedAt),
  replayed_at: timestamp(letter.replayedAt),
})

type PresentedDeadLetter = ReturnType<typeof presentDeadLetter>
