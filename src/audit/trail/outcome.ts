import { count, lte, type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { Database } from '../../db/client.ts'
import { MAX_COUNTED } from '../../db/paging.ts'
import { auditOpenActs } from '../../db/schema/audit.ts'

/** How an act ended, as far as is known: `pending` for a minute after it began, `unknown` if no more was heard of it. */
export const OUTCOMES = ['success', 'client_error', 'refused', 'error', 'unknown', 'pending'] as const
export const outcome = () => z.enum(OUTCOMES)
export type ActOutcome = (typeof OUTCOMES)[number]

/** Far longer than a request runs and its record takes. */
const PENDING_MS = 60 * 1000

/** Acts that began up to then and have no outcome will have none. */
export const unknownUpTo = (now: number) => new Date(now - PENDING_MS).toISOString()

/** The outcome of the act an entry of `audit_entries` belongs to. */
export const outcomeAt = (now: number): SQL<ActOutcome> =>
  sql<ActOutcome>`CASE WHEN audit_entries.stage <> 'received' THEN audit_entries.result ELSE coalesce(
    (SELECT done.result FROM audit_entries AS done WHERE done.id = audit_entries.id AND done.stage = 'completed'),
    CASE WHEN audit_entries.time <= ${unknownUpTo(now)} THEN 'unknown' ELSE 'pending' END) END`

/** The query for how many acts have an unknown outcome, at most 1,000. Reads those and no others. */
export function selectUnknownOutcomes(db: Database, now: number) {
  const unknown = db
    .select({ id: auditOpenActs.id })
    .from(auditOpenActs)
    .where(lte(auditOpenActs.time, unknownUpTo(now)))
    .limit(MAX_COUNTED)
    .as('unknown')
  return db.select({ total: count() }).from(unknown)
}
