import { count, lte, type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { Database } from '../../db/client.ts'
import { MAX_COUNTED } from '../../db/paging.ts'
import { auditOpenActs } from '../../db/schema/audit.ts'
import { RESULTS } from '../recording/event.ts'

/** The outcome of an act. An act without one on record is `pending` for a minute after it began, then `unknown`. */
export const OUTCOMES = [...RESULTS, 'pending'] as const
export const outcome = () => z.enum(OUTCOMES)
export type ActOutcome = (typeof OUTCOMES)[number]

/** Far longer than a request runs and its record takes. */
const PENDING_MS = 60 * 1000

/** Returns the time up to which acts without an outcome count as `unknown`. */
export const unknownUpTo = (now: number) => new Date(now - PENDING_MS).toISOString()

/** SQL for the outcome of the act that an entry of `audit_entries` belongs to. */
export const outcomeAt = (now: number): SQL<ActOutcome> =>
  sql<ActOutcome>`CASE WHEN audit_entries.stage <> 'received' THEN audit_entries.result ELSE coalesce(
    (SELECT done.result FROM audit_entries AS done WHERE done.id = audit_entries.id AND done.stage = 'completed'),
    CASE WHEN audit_entries.time <= ${unknownUpTo(now)} THEN 'unknown' ELSE 'pending' END) END`

/** Selects the number of acts with an unknown outcome, at most 1,000. Reads no other rows. */
export function selectUnknownOutcomes(db: Database, now: number) {
  const unknown = db
    .select({ id: auditOpenActs.id })
    .from(auditOpenActs)
    .where(lte(auditOpenActs.time, unknownUpTo(now)))
    .limit(MAX_COUNTED)
    .as('unknown')
  return db.select({ total: count() }).from(unknown)
}
