import { and, count, eq, isNull } from 'drizzle-orm'
import { paged, sortKey } from '../../db/paging.ts'
import type { Reader } from '../../db/reader.ts'
import { auditDeadLetters } from '../../db/schema/audit.ts'
import { AppError, orUnavailable, orUnknown } from '../../errors.ts'
import { timestamp } from '../../http/envelopes.ts'
import { type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import type { Stores } from '../../http/stores.ts'

type DeadLetter = typeof auditDeadLetters.$inferSelect

const NEWEST_FIRST = sortKey(
  { receivedAt: auditDeadLetters.receivedAt, id: auditDeadLetters.id },
  'descending',
)

/** Returns all dead letters, the newest first. */
export async function listDeadLetters(reader: Reader, query: PageQuery): Promise<Page<PresentedDeadLetter>> {
  const { db } = reader
  const page = pageRequest(query, NEWEST_FIRST)
  const { rows, total } = await reader.read({
    rows: paged(db.select().from(auditDeadLetters).$dynamic(), NEWEST_FIRST, page),
    total: db.select({ rows: count() }).from(auditDeadLetters),
  })
  return pageOf(rows, total[0]?.rows ?? 0, page, NEWEST_FIRST, presentDeadLetter)
}

/**
 * Sends a dead letter to the queue again, as it came. If it comes back before it is marked here it stays open, so
 * nothing is lost between the two steps. Of two replays at once the trail takes one message and skips the other.
 * @throws AppError dead_letter_unknown, dead_letter_appended, audit_unavailable
 */
export async function replayDeadLetter(
  { db, queue }: Pick<Stores, 'db' | 'queue'>,
  id: string,
  now: number,
): Promise<PresentedDeadLetter> {
  const [row] = await orUnavailable(
    Promise.resolve(db.select().from(auditDeadLetters).where(eq(auditDeadLetters.id, id))),
  )
  const letter = orUnknown(row, 'dead_letter_unknown')
  if (letter.appendedAt !== null)
    throw new AppError('dead_letter_appended', { details: { appended_at: timestamp(letter.appendedAt) } })
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
  appended_at: timestamp(letter.appendedAt),
})

type PresentedDeadLetter = ReturnType<typeof presentDeadLetter>
