import { and, eq, isNull, sql } from 'drizzle-orm'
import { forgetKeys } from '../../auth/callers/admin-key.ts'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { decisionOn, type Say } from '../../auth/grants/decisions.ts'
import { endOf, revokeKeysOfEnded } from '../../auth/grants/ends.ts'
import { grantIs } from '../../auth/grants/status.ts'
import { accessGrants, type Decision } from '../../db/schema/grants.ts'
import { adminApiKeys } from '../../db/schema/staff.ts'
import { AppError, orUnknown } from '../../errors.ts'
import { timestamp } from '../../http/envelopes.ts'
import type { PageQuery } from '../../http/pagination.ts'
import type { Stores } from '../../http/stores.ts'
import { listGrants, ownGrants, presentersFor, selectGrants } from './grant-records.service.ts'

/** Returns the requests that wait for the customer, newest first. */
export const listAccessRequests = (
  scope: CustomerScope,
  stores: Pick<Stores, 'pseudonymOf'>,
  query: PageQuery,
  now: number,
) =>
  listGrants(
    scope,
    and(eq(accessGrants.needsCustomer, true), isNull(accessGrants.customerDecision), grantIs(now, 'pending')),
    { query, now, present: presentersFor(scope, stores).request },
  )

/** Returns what access staff have now, newest first. */
export const listCurrentGrants = (
  scope: CustomerScope,
  stores: Pick<Stores, 'pseudonymOf'>,
  query: PageQuery,
  now: number,
) =>
  listGrants(scope, grantIs(now, 'active'), {
    query,
    now,
    present: presentersFor(scope, stores).current,
  })

/**
 * Puts down the customer's say on a request. What there was before tells whether it counts: of two says at once, or
 * one and a lapse or a withdrawal, the second finds nothing that waits.
 * @throws AppError grant_unknown, grant_not_waiting, access_closed if it approves what nobody gets in by
 */
export async function decideAccessRequest(
  scope: CustomerScope,
  stores: Pick<Stores, 'pseudonymOf'>,
  { uid, decision }: { uid: string; decision: Decision },
  now: number,
) {
  const which = and(ownGrants(scope, uid), eq(accessGrants.needsCustomer, true))
  const { existing, decided } = await scope.write({
    before: { existing: selectGrants(scope.db, now).where(which) },
    statements: [decisionOn(scope.db, which, sayOf(decision), now)],
    after: { decided: selectGrants(scope.db, now).where(which) },
  })
  const before = orUnknown(existing[0], 'grant_unknown')
  const after = orUnknown(decided[0], 'grant_unknown')
  if (before.status !== 'pending' || before.customerDecision !== null) throw new AppError('grant_not_waiting')
  if (after.customerDecision === null) throw new AppError('access_closed')
  const request = {
    ...(await presentersFor(scope, stores).request(after)),
    decision,
    began_at: timestamp(after.beganAt),
    expires_at: timestamp(after.expiresAt),
  }
  return { before, after, request }
}

/** The say of a customer, who gives no reasons. */
export const sayOf = (decision: Decision): Say => ({ by: 'customer', decision, comment: null })

/**
 * Ends access that is going on: its keys are refused from the next request on.
 * @throws AppError grant_unknown if there is no such access now
 */
export async function endAccess(
  scope: CustomerScope,
  stores: Pick<Stores, 'kv' | 'later' | 'pseudonymOf'>,
  uid: string,
  now: number,
) {
  const { db } = scope
  const which = ownGrants(scope, uid)
  const active = and(which, grantIs(now, 'active'))
  const { existing, keys, ended } = await scope.write({
    before: {
      existing: selectGrants(db, now).where(active),
      keys: db
        .select({ keyHash: adminApiKeys.keyHash, previousKeyHash: adminApiKeys.previousKeyHash })
        .from(adminApiKeys)
        .where(sql`${adminApiKeys.grantId} IN (SELECT id FROM access_grants WHERE ${active})`),
    },
    statements: [endOf(db, active, { by: 'customer' }, now), revokeKeysOfEnded(db, which, now)],
    after: { ended: selectGrants(db, now).where(which) },
  })
  const before = orUnknown(existing[0], 'grant_unknown')
  const after = orUnknown(ended[0], 'grant_unknown')
  stores.later('forget_keys', forgetKeys(stores.kv, keys))
  const grant = {
    ...(await presentersFor(scope, stores).current(after)),
    ended_at: timestamp(after.endedAt ?? now),
  }
  return { before, after, grant }
}
