import { and, eq, type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { grantStatus, isLiveGrant } from '../../auth/grants/status.ts'
import { once } from '../../base/once.ts'
import type { Database } from '../../db/client.ts'
import { boundedTotal, paged, sortKey } from '../../db/paging.ts'
import { accessGrants, DECISIONS, GRANT_MODES } from '../../db/schema/grants.ts'
import { timestamp } from '../../http/envelopes.ts'
import { countValue, textValue, timeValue, uidValue } from '../../http/fields/values.ts'
import { type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import type { Stores } from '../../http/stores.ts'

const common = () => ({
  uid: uidValue(),
  mode: z.enum(GRANT_MODES),
  reason: textValue('The import of 24 November shows contacts twice'),
})
const staff = () => textValue('staff_Yk3vJ0mQ8rT1xW5zB7nC2d')

/** A request for access that waits for the customer. */
export const accessRequestObject = once(() =>
  z
    .object({
      ...common(),
      duration_seconds: countValue(),
      requested_at: timeValue(),
      lapses_at: timeValue(),
      staff: staff(),
    })
    .meta({ id: 'AccessRequest' }),
)
export type AccessRequest = z.infer<ReturnType<typeof accessRequestObject>>

/** A request that the customer has just decided. */
export const decidedRequestObject = once(() =>
  accessRequestObject()
    .extend({
      decision: z.enum(DECISIONS),
      began_at: timeValue().nullable(),
      expires_at: timeValue().nullable(),
    })
    .meta({ id: 'DecidedAccessRequest' }),
)

/** Access that staff have now. */
export const currentGrantObject = once(() =>
  z
    .object({ ...common(), began_at: timeValue(), expires_at: timeValue(), staff: staff() })
    .meta({ id: 'CurrentAccessGrant' }),
)

/** Access that the customer has just ended. */
export const endedGrantObject = once(() =>
  currentGrantObject().extend({ ended_at: timeValue() }).meta({ id: 'EndedAccessGrant' }),
)

/** The columns that a customer's endpoints use: few enough to be kept for a repetition (D1 takes 32 arguments). */
const columns = (now: number) => ({
  id: accessGrants.id,
  uid: accessGrants.uid,
  mode: accessGrants.mode,
  reason: accessGrants.reason,
  adminId: accessGrants.adminId,
  durationSeconds: accessGrants.durationSeconds,
  requestedAt: accessGrants.requestedAt,
  lapsesAt: accessGrants.lapsesAt,
  customerDecision: accessGrants.customerDecision,
  customerDecidedAt: accessGrants.customerDecidedAt,
  beganAt: accessGrants.beganAt,
  expiresAt: accessGrants.expiresAt,
  endedAt: accessGrants.endedAt,
  endedBy: accessGrants.endedBy,
  status: grantStatus(now).as('status'),
})

/** Selects grants as the customer's endpoints use them. */
export const selectGrants = (db: Database, now: number) => db.select(columns(now)).from(accessGrants)

export type GrantRow = Awaited<ReturnType<typeof selectGrants>>[number]

/** The condition for the grants of a customer, those with this uid if there is one. */
export const ownGrants = ({ uid }: CustomerScope, grantUid?: string): SQL | undefined =>
  and(eq(accessGrants.customerUid, uid), grantUid === undefined ? undefined : eq(accessGrants.uid, grantUid))

const NEWEST_FIRST = sortKey({ requestedAt: accessGrants.requestedAt, id: accessGrants.id }, 'descending')

/** Returns the grants of a customer that are not over yet and match, newest first. */
export async function listGrants<Item>(
  scope: CustomerScope,
  matching: SQL | undefined,
  { query, now, present }: { query: PageQuery; now: number; present: (row: GrantRow) => Promise<Item> },
): Promise<Page<Item>> {
  const { db } = scope
  const page = pageRequest(query, NEWEST_FIRST)
  const live = and(ownGrants(scope), isLiveGrant(now), matching)
  const { rows, total } = await scope.read({
    rows: paged(selectGrants(db, now).$dynamic(), NEWEST_FIRST, page, live),
    total: boundedTotal(db, sql`SELECT id FROM access_grants WHERE ${live}`),
  })
  const found = pageOf(rows, total[0]?.total ?? null, page, NEWEST_FIRST, (row) => row)
  return { ...found, items: await Promise.all(found.items.map(present)) }
}

/** Returns the presenters of a customer, to whom staff have pseudonyms. */
export function presentersFor({ uid }: CustomerScope, { pseudonymOf }: Pick<Stores, 'pseudonymOf'>) {
  const staffOf = ({ adminId }: GrantRow) => pseudonymOf(uid, adminId)
  const told = ({ uid, mode, reason }: GrantRow) => ({ uid, mode, reason })
  return {
    request: async (row: GrantRow): Promise<AccessRequest> => ({
      ...told(row),
      duration_seconds: row.durationSeconds,
      requested_at: timestamp(row.requestedAt),
      lapses_at: timestamp(row.lapsesAt),
      staff: await staffOf(row),
    }),
    current: async (row: GrantRow) => ({
      ...told(row),
      began_at: timestamp(row.beganAt ?? row.requestedAt),
      expires_at: timestamp(row.expiresAt ?? row.lapsesAt),
      staff: await staffOf(row),
    }),
  }
}

/** A grant as the record of what the customer did to it tells of it. */
export const toldGrant = (row: GrantRow) => ({
  status: row.status,
  decisions:
    row.customerDecision === null
      ? []
      : [{ by: 'customer', decision: row.customerDecision, at: timestamp(row.customerDecidedAt) }],
  expires_at: timestamp(row.expiresAt),
  ended_by: row.endedBy && { by: row.endedBy },
})
