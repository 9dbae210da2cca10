import { and, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import type { Changed } from '../../audit/recording/changes.ts'
import type { SessionActor } from '../../auth/actor.ts'
import { forgetKeys } from '../../auth/callers/admin-key.ts'
import { endOf, revokeKeysOfEnded } from '../../auth/grants/ends.ts'
import { type GrantObject, presentGrant } from '../../auth/grants/grant-object.ts'
import { type Grant, type GrantStatus, grantColumns, grantIs, isLiveGrant } from '../../auth/grants/status.ts'
import { checkOwner, type Reach } from '../../auth/reach.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { boundedTotal, paged, sortKey } from '../../db/paging.ts'
import { accessGrants } from '../../db/schema/grants.ts'
import { orUnknown } from '../../errors.ts'
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
    isLive ? isLiveGrant(now) : undefined,
    review === undefined ? undefined : sql`${accessGrants.breakGlass}`,
    review === 'unreviewed' ? isNull(accessGrants.reviewedAt) : undefined,
    review === 'reviewed' ? isNotNull(accessGrants.reviewedAt) : undefined,
  ]
}

const ownedBy = (ownerId: number | null) => (ownerId === null ? undefined : eq(accessGrants.adminId, ownerId))

/** Selects grants as staff see them. */
export const selectGrant = (db: Database, which: SQL | undefined, now: number) =>
  db.select(grantColumns(now)).from(accessGrants).where(which)

export const withId = (id: string) => eq(accessGrants.id, id)

/** @throws AppError grant_unknown, also for a grant out of reach */
export async function getGrant(
  db: Database,
  ownerId: number | null,
  id: string,
  now: number,
): Promise<GrantObject> {
  const [found] = await selectGrant(db, and(withId(id), ownedBy(ownerId)), now)
  return presentGrant(orUnknown(found, 'grant_unknown'))
}

/**
 * Ends a grant within reach, or withdraws what was asked for. One that is over already stays as it is.
 * @throws AppError grant_unknown, forbidden
 */
export async function endGrant(
  { db, kv, later }: Pick<Stores, 'db' | 'kv' | 'later'>,
  { actor, reach }: { actor: SessionActor; reach: Reach },
  id: string,
  now: number,
): Promise<Changed<GrantObject>> {
  const reached = and(withId(id), ownedBy(reach.owner))
  const { before, ended, keys } = await inOneTrip(db, {
    before: selectGrant(db, and(withId(id), ownedBy(reach.toldOf)), now),
    ended: endOf(db, reached, { by: 'staff', adminId: actor.adminId }, now),
    keys: revokeKeysOfEnded(db, reached, now),
  })
  const existing = orUnknown(before[0], 'grant_unknown')
  checkOwner(reach, existing.adminId)
  later('forget_keys', forgetKeys(kv, keys))
  return presented({ before: existing, after: ended[0] ?? existing })
}

/** Returns a change of a grant as staff see it. */
export const presented = ({ before, after }: Changed<Grant>): Changed<GrantObject> => ({
  before: presentGrant(before),
  after: presentGrant(after),
})
