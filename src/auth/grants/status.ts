import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { Bindable } from '../../db/prepared.ts'
import { accessGrants } from '../../db/schema/grants.ts'

export const GRANT_STATUSES = ['pending', 'active', 'declined', 'ended', 'expired', 'lapsed'] as const
export type GrantStatus = (typeof GRANT_STATUSES)[number]

/** The longest that a grant lives: a day to be decided, and four hours. */
const LONGEST_LIFE_MS = (24 + 4) * 60 * 60 * 1000

/** Returns, for SQL, the status of a grant at a moment. It follows from times alone: nothing has to run for it. */
export const grantStatus = (now: Bindable<number>): SQL<GrantStatus> =>
  sql<GrantStatus>`CASE
    WHEN ${accessGrants.declinedAt} IS NOT NULL THEN 'declined'
    WHEN ${accessGrants.endedAt} IS NOT NULL THEN 'ended'
    WHEN ${accessGrants.beganAt} IS NOT NULL THEN iif(${accessGrants.expiresAt} > ${now}, 'active', 'expired')
    ELSE iif(${accessGrants.lapsesAt} > ${now}, 'pending', 'lapsed') END`

/** Returns the condition that a grant has one of these statuses at a moment. */
export const grantIs = (now: Bindable<number>, ...statuses: GrantStatus[]): SQL =>
  sql`${grantStatus(now)} IN ${statuses}`

/**
 * Returns the condition that a grant is not over at a moment. Its age is part of it: an index keeps a search for what is
 * live from the grants of years.
 */
export const isLiveGrant = (now: number): SQL =>
  sql`(${accessGrants.requestedAt} > ${now - LONGEST_LIFE_MS} AND ${grantIs(now, 'pending', 'active')})`

/** Returns the columns of a grant, with its status at a moment. */
export const grantColumns = (now: number) => ({
  ...getTableColumns(accessGrants),
  status: grantStatus(now).as('status'),
})

/** A grant as it was at the moment it was read. */
export type Grant = typeof accessGrants.$inferSelect & { status: GrantStatus }

/** Who has a say in a grant. */
export type Decider = 'customer' | 'colleague'

/** Returns whose say a grant still waits for. */
export function waitsFor(grant: Grant): Decider[] {
  if (grant.status !== 'pending') return []
  const { needsCustomer, customerDecision, needsColleague, colleagueDecision } = grant
  return [
    ...(needsCustomer && customerDecision === null ? ['customer' as const] : []),
    ...(needsColleague && colleagueDecision === null ? ['colleague' as const] : []),
  ]
}
