import { and, type Column, eq, gte, lte, or, type SQL, sql } from 'drizzle-orm'
import { auditEntries, auditOpenActs } from '../../db/schema/audit.ts'
import type { AuditEntry } from './fields.ts'
import { type ActOutcome, unknownUpTo } from './outcome.ts'

/** The filters of a search for entries. */
export interface AuditFilter {
  customer?: string | undefined
  adminId?: number | undefined
  apiKeyId?: string | undefined
  grantId?: string | undefined
  ip?: string | undefined
  /** The id of an act's target. */
  target?: string | undefined
  stage?: AuditEntry['stage'] | undefined
  method?: string | undefined
  route?: string | undefined
  outcome?: ActOutcome | undefined
  /** The range of time, inclusive, in milliseconds since the Unix epoch. */
  from?: number | undefined
  to?: number | undefined
}

/**
 * Returns whether a filter asks for acts without an outcome: they have a small table of their own. Others are `unknown`
 * by their own account (see RESULTS in audit/recording/event.ts).
 */
export const isOpen = ({ outcome }: AuditFilter) => outcome === 'unknown' || outcome === 'pending'

/** Returns the columns to compare, with their values; the first is usually the most selective. */
export function wanted(filter: AuditFilter): [Column, string | number][] {
  const columns: [Column, string | number | undefined][] = [
    [auditEntries.targetId, filter.target],
    [auditEntries.grantId, filter.grantId],
    [auditEntries.apiKeyId, filter.apiKeyId],
    [auditEntries.ip, filter.ip],
    [auditEntries.customerUid, filter.customer],
    [auditEntries.result, isOpen(filter) ? undefined : filter.outcome],
    [auditEntries.adminId, filter.adminId],
    [auditEntries.route, filter.route],
    [auditEntries.stage, filter.stage],
    [auditEntries.method, filter.method],
  ]
  return columns.filter((column): column is [Column, string | number] => column[1] !== undefined)
}

/**
 * Returns the condition for entries in the order of their numbers. The unary + keeps the columns from their indexes,
 * which are in the order of time
 * (https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_).
 */
export function inSequence(filter: AuditFilter, now: number): SQL | undefined {
  const time = sql`+${auditEntries.time}`
  return and(
    ...wanted(filter).map(([column, value]) => eq(sql`+${column}`, value)),
    filter.from === undefined ? undefined : gte(time, timeText(filter.from)),
    filter.to === undefined ? undefined : lte(time, timeText(filter.to)),
    isOpen(filter) ? or(isOpenSince(filter.outcome, now), saysUnknown(filter)) : undefined,
  )
}

const isOpenSince = (outcome: ActOutcome | undefined, now: number) =>
  sql`EXISTS (SELECT 1 FROM ${auditOpenActs} AS open
    WHERE open.id = ${auditEntries.id} AND ${openSince(sql`open.time`, outcome, now)})`

/** Returns the condition for entries that say themselves that nobody knows; undefined if none is asked for. */
export const saysUnknown = ({ outcome }: AuditFilter) =>
  outcome === 'unknown' ? eq(auditEntries.result, outcome) : undefined

/** Returns the condition that an act without an outcome which began at `time` is still pending, or is unknown. */
export const openSince = (time: SQL | Column, outcome: ActOutcome | undefined, now: number) =>
  outcome === 'unknown' ? sql`${time} <= ${unknownUpTo(now)}` : sql`${time} > ${unknownUpTo(now)}`

/** Returns a moment in the form of entries. */
export const timeText = (moment: number) => new Date(moment).toISOString()
