import { and, eq, gte, isNotNull, isNull, ne, type SQL, sql } from 'drizzle-orm'
import type { Changed } from '../../audit/recording/changes.ts'
import type { SessionActor } from '../../auth/actor.ts'
import { decide, type Say } from '../../auth/grants/decisions.ts'
import { endGrant } from '../../auth/grants/ends.ts'
import { type GrantObject, presentGrant } from '../../auth/grants/grant-object.ts'
import { tellDecision } from '../../auth/grants/notices.ts'
import {
  type Grant,
  type GrantStatus,
  grantColumns,
  grantIs,
  LONGEST_LIFE_MS,
} from '../../auth/grants/status.ts'
import { checkOwner, type Reach } from '../../auth/reach.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { boundedTotal, paged, sortKey } from '../../db/paging.ts'
import { accessGrants, type Decision } from '../../db/schema/grants.ts'
import { AppError, orUnknown } from '../../errors.ts'
import { type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import type { Stores } from '../../http/stores.ts'

const NEWEST_FIRST = sortKey({ requestedAt: accessGrants.requestedAt, id: accessGrants.id }, 'descending')

export interface GrantFilter {
  customerUid?: string | undefined
  status?: GrantStatus | undefined
  review?: 'unreviewed' | 'reviewed' | undefined
}

/** Returns the grants of an account (null: of everyone), newest first. */
export async function listGrants(
  db: Database,
  ownerId: number | null,
  filter: GrantFilter,
  query: PageQuery,
  now: number,
): Promise<Page<GrantObject>> {
  const page = pageRequest(query, NEWEST_FIRST)
  const matching = and(ownedBy(ownerId), ...conditionsOf(filter, now))
  const { rows, total } = await inOneTrip(db, {
    rows: paged(db.select(grantColumns(now)).from(accessGrants).$dynamic(), NEWEST_FIRST, page, matching),
    total: boundedTotal(db, sql`SELECT id FROM ${accessGrants} ${matching ? sql`WHERE ${matching}` : sql``}`),
  })
  return pageOf(rows, total[0]?.total ?? null, page, NEWEST_FIRST, presentGrant)
}

function conditionsOf({ customerUid, status, review }: GrantFilter, now: number): (SQL | undefined)[] {
  const isLive = status === 'pending' || status === 'active'
  return [
    customerUid === undefined ? undefined : eq(accessGrants.customerUid, customerUid),
    status === undefined ? undefined : grantIs(now, status),
    // Keeps the search from the grants of years, which are over.
    isLive ? gte(accessGrants.requestedAt, now - LONGEST_LIFE_MS) : undefined,
    review === undefined ? undefined : sql`${accessGrants.breakGlass}`,
    review === 'unreviewed' ? isNull(accessGrants.reviewedAt) : undefined,
    review === 'reviewed' ? isNotNull(accessGrants.reviewedAt) : undefined,
  ]
}

const ownedBy = (ownerId: number | null) => (ownerId === null ? undefined : eq(accessGrants.adminId, ownerId))

const withId = (id: string) => eq(accessGrants.id, id)

/** Throws `grant_unknown`, also for a grant out of reach. */
export async function getGrant(
  db: Database,
  ownerId: number | null,
  id: string,
  now: number,
): Promise<GrantObject> {
  const [found] = await db
    .select(grantColumns(now))
    .from(accessGrants)
    .where(and(withId(id), ownedBy(ownerId)))
  return presentGrant(orUnknown(found, 'grant_unknown'))
}

/**
 * Ends a grant within reach, or withdraws what was asked for. Doing it twice changes nothing.
 * Throws `grant_unknown`, `forbidden`.
 */
export async function endGrantOf(
  stores: Stores,
  { actor, reach }: { actor: SessionActor; reach: Reach },
  id: string,
  now: number,
): Promise<Changed<GrantObject>> {
  const told = await getGrant(stores.db, reach.toldOf, id, now)
  checkOwner(reach, told.admin_id)
  return presented(await endGrant(stores, withId(id), { by: 'staff', adminId: actor.adminId }, now))
}

/**
 * Puts down a colleague's say, and mails the one who asked.
 * Throws `grant_unknown`, `self_action`, `grant_not_waiting`.
 */
export async function decideAsColleague(
  stores: Stores,
  { adminId }: SessionActor,
  id: string,
  { decision, comment }: { decision: Decision; comment: string | null },
  now: number,
): Promise<Changed<GrantObject>> {
  const say: Say = { by: 'colleague', adminId, decision, comment }
  const changed = await decide(stores.db, withId(id), say, now)
  stores.later('tell_decision', tellDecision(stores, changed.after, say))
  return presented(changed)
}

/**
 * Puts down that another super_admin looked at a break-glass, and what came of it.
 * Throws `grant_unknown`, `self_action`, `grant_not_waiting` if it is none, or was reviewed.
 */
export async function reviewGrant(
  db: Database,
  { adminId }: SessionActor,
  id: string,
  comment: string,
  now: number,
): Promise<Changed<GrantObject>> {
  const { before, after } = await inOneTrip(db, {
    before: db.select(grantColumns(now)).from(accessGrants).where(withId(id)),
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
  const existing = orUnknown(before[0], 'grant_unknown')
  if (existing.adminId === adminId) throw new AppError('self_action')
  if (!after[0]) throw new AppError('grant_not_waiting')
  return presented({ before: existing, after: after[0] })
}

const presented = ({ before, after }: Changed<Grant>): Changed<GrantObject> => ({
  before: presentGrant(before),
  after: presentGrant(after),
})
