import { and, isNull, ne, sql } from 'drizzle-orm'
import type { Changed } from '../../audit/recording/changes.ts'
import type { SessionActor } from '../../auth/actor.ts'
import { decisionOn, policyOf, type Say } from '../../auth/grants/decisions.ts'
import type { GrantObject } from '../../auth/grants/grant-object.ts'
import { tellDecision } from '../../auth/grants/notices.ts'
import { type Grant, grantColumns, waitsFor } from '../../auth/grants/status.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { accessGrants, type Decision } from '../../db/schema/grants.ts'
import { AppError, orUnknown } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import { presented, selectGrant, withId } from './grants.service.ts'

/**
 * Puts down a colleague's say, and mails the one who asked.
 * @throws AppError grant_unknown, self_action, grant_not_waiting; access_closed or consent_required if nobody would get
 * in by the approval, as the customer's policy is now
 */
export async function decideAsColleague(
  stores: Stores,
  { adminId }: SessionActor,
  id: string,
  { decision, comment }: { decision: Decision; comment: string | null },
  now: number,
): Promise<Changed<GrantObject>> {
  const say: Say = { by: 'colleague', adminId, decision, comment }
  const { before, policies, decided } = await inOneTrip(stores.db, {
    before: selectGrant(stores.db, withId(id), now),
    policies: stores.db
      .select({ policy: policyOf(accessGrants.customerUid).as('policy') })
      .from(accessGrants)
      .where(withId(id)),
    decided: decisionOn(stores.db, withId(id), say, now),
  })
  const existing = another(before[0], adminId)
  if (!decided[0]) throw refusalOf(existing, policies[0]?.policy === 'closed')
  stores.later('tell_decision', tellDecision(stores, id, say, now))
  return presented({ before: existing, after: decided[0] })
}

/** Why a decision does not count: what waits for it can only have met the customer's policy. */
function refusalOf(grant: Grant, isClosed: boolean): AppError {
  if (!waitsFor(grant).includes('colleague')) return new AppError('grant_not_waiting')
  return new AppError(isClosed ? 'access_closed' : 'consent_required')
}

/** @throws AppError grant_unknown, self_action if it is the admin's own */
function another(grant: Grant | undefined, adminId: number): Grant {
  const existing = orUnknown(grant, 'grant_unknown')
  if (existing.adminId === adminId) throw new AppError('self_action')
  return existing
}

/**
 * Puts down that another super_admin looked at a break-glass, and what came of it.
 * @throws AppError grant_unknown, self_action, grant_not_waiting if it is none, or was reviewed
 */
export async function reviewGrant(
  db: Database,
  { adminId }: SessionActor,
  id: string,
  comment: string,
  now: number,
): Promise<Changed<GrantObject>> {
  const { before, after } = await inOneTrip(db, {
    before: selectGrant(db, withId(id), now),
    after: db
      .update(accessGrants)
      .set({ reviewedAt: now, reviewedBy: adminId, reviewComment: comment })
      .where(
        and(
          withId(id),
          sql`${accessGrants.breakGlass}`,
          isNull(accessGrants.reviewedAt),
          ne(accessGrants.adminId, adminId),
        ),
      )
      .returning(grantColumns(now)),
  })
  const existing = another(before[0], adminId)
  if (!after[0]) throw new AppError('grant_not_waiting')
  return presented({ before: existing, after: after[0] })
}
