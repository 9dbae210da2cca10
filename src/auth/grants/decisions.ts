import { and, type Column, eq, isNull, ne, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { customers } from '../../db/schema/customers.ts'
import { accessGrants, type Decision } from '../../db/schema/grants.ts'
import { grantColumns, grantIs } from './status.ts'

/** What one of those who have a say in a grant decides: nobody does on a grant of their own. */
export type Say = { decision: Decision; comment: string | null } & (
  | { by: 'customer' }
  | { by: 'colleague'; adminId: number }
)

/** The columns of each decider's say, and the condition that the other one's does not stand in the way. */
const SAYS = {
  customer: {
    awaited: and(eq(accessGrants.needsCustomer, true), isNull(accessGrants.customerDecision)),
    isLast: sql`(NOT ${accessGrants.needsColleague} OR ${accessGrants.colleagueDecision} = 'approved')`,
  },
  colleague: {
    awaited: and(eq(accessGrants.needsColleague, true), isNull(accessGrants.colleagueDecision)),
    isLast: sql`(NOT ${accessGrants.needsCustomer} OR ${accessGrants.customerDecision} = 'approved')`,
  },
}

/** The policy of a customer, for SQL: it counts as it is at that moment. */
export const policyOf = (uid: string | Column): SQL =>
  sql`(SELECT ${customers.supportAccess} FROM ${customers} WHERE ${eq(customers.uid, uid)})`

/** The condition that somebody gets in by an approval: what the customer chose since counts. */
const letsIn = sql`CASE ${policyOf(accessGrants.customerUid)} WHEN 'closed' THEN FALSE
  WHEN 'ask' THEN ${accessGrants.needsCustomer} ELSE TRUE END`

/**
 * Returns the statement that puts down a say, and begins or declines the grant by it. One statement decides, so of two
 * says at once, or a say against a lapse or a withdrawal, one counts: no row, and nothing was decided. Nor is anything
 * approved where the customer lets nobody in by it.
 */
export const decisionOn = (db: Database, which: SQL | undefined, say: Say, now: number) =>
  db
    .update(accessGrants)
    .set({ ...columnsOf(say, now), ...outcomeOf(say, now) })
    .where(
      and(
        which,
        grantIs(now, 'pending'),
        SAYS[say.by].awaited,
        say.decision === 'approved' ? letsIn : undefined,
        say.by === 'colleague' ? ne(accessGrants.adminId, say.adminId) : undefined,
      ),
    )
    .returning(grantColumns(now))

function columnsOf(say: Say, now: number) {
  const { decision, comment } = say
  return say.by === 'customer'
    ? { customerDecision: decision, customerDecidedAt: now, customerComment: comment }
    : {
        colleagueDecision: decision,
        colleagueDecidedAt: now,
        colleagueComment: comment,
        colleagueId: say.adminId,
      }
}

function outcomeOf({ by, decision }: Say, now: number) {
  if (decision === 'declined') return { declinedAt: now }
  const { isLast } = SAYS[by]
  return {
    beganAt: sql<number>`iif(${isLast}, ${now}, NULL)`,
    expiresAt: sql<number>`iif(${isLast}, ${now} + 1000 * ${accessGrants.durationSeconds}, NULL)`,
    customerReached: sql<boolean>`iif(${isLast} AND ${policyOf(accessGrants.customerUid)} = 'notify', FALSE,
      ${accessGrants.customerReached})`,
  }
}
