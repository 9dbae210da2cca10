import { and, eq, exists, ne, not, or } from 'drizzle-orm'
import type { SessionActor } from '../../auth/actor.ts'
import { forgetKeys } from '../../auth/callers/admin-key.ts'
import { isSessionOpen, standingOf } from '../../auth/callers/revocation.ts'
import { type GrantObject, presentGrant } from '../../auth/grants/grant-object.ts'
import { tellCustomer, tellSuperAdmins } from '../../auth/grants/notices.ts'
import { type Grant, grantColumns, grantIs } from '../../auth/grants/status.ts'
import { ROLE_SCOPES, scopeOf } from '../../auth/permissions.ts'
import { randomId, randomUid } from '../../crypto/random.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { customers } from '../../db/schema/customers.ts'
import { accessGrants } from '../../db/schema/grants.ts'
import { AppError, orUnknown } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import type { Settings } from '../../settings.ts'
import type { Ask } from './grant-input.ts'
import { announceKey, type KeyedGrant, keyStatements, newGrantKey } from './grant-keys.service.ts'

/** How long there is to decide. */
const PENDING_MS = 24 * 60 * 60 * 1000

/**
 * Asks for access to a customer. Where nobody else has a say it begins at once, and the answer has its key.
 * Throws `forbidden` if the role does not cover it, `customer_unknown`, `customer_inactive`, `access_closed`,
 * `grant_exists` with the id of the live one, or `session_invalid` if the session has ended meanwhile.
 */
export async function askForAccess(
  stores: Stores,
  actor: SessionActor,
  ask: Ask,
  now: number,
): Promise<GrantObject & Partial<KeyedGrant>> {
  const { db, kv, later, settings } = stores
  if (!ROLE_SCOPES[actor.role].includes(scopeOf(ask.mode))) throw new AppError('forbidden')
  if (ask.breakGlass && actor.role !== 'super_admin') throw new AppError('forbidden')
  const [customer] = await db.select().from(customers).where(eq(customers.uid, ask.customerUid))
  const row = newGrant(actor, ask, orUnknown(customer, 'customer_unknown'), settings, now)
  const made = row.beganAt === null ? undefined : newGrantKey(row, actor, now)
  if (made) await announceKey(kv, made.row, now)
  const { grants, others, standings } = await inOneTrip(db, {
    ...grantStatements(db, row, actor.sessionId, now),
    standings: standingOf(db, actor, now),
    ...(made && keyStatements(db, made.row)),
  })
  const [grant] = grants
  if (!grant) {
    if (made) await forgetKeys(kv, [made.row])
    if (standings.length === 0) throw new AppError('session_invalid')
    throw new AppError('grant_exists', { details: { access_grant: others[0] } })
  }
  if (grant.breakGlass) later('tell_super_admins', tellSuperAdmins(stores, grant))
  const customerReached = await tellCustomer(stores, grant)
  return { ...presentGrant({ ...grant, customerReached }), ...(made && { key: made.key }) }
}

type Customer = Pick<typeof customers.$inferSelect, 'uid' | 'status' | 'supportAccess'>

/** The row of a new grant, with whose say it waits for. */
function newGrant(
  { adminId }: SessionActor,
  ask: Ask,
  { status, supportAccess }: Customer,
  { grantApproval }: Settings,
  now: number,
) {
  if (status !== 'active') throw new AppError('customer_inactive')
  if (supportAccess === 'closed' && !ask.breakGlass) throw new AppError('access_closed')
  const isSensitive = grantApproval === 'all' || (grantApproval === 'write' && ask.mode === 'write')
  const needsCustomer = supportAccess === 'ask' && !ask.breakGlass
  const needsColleague = isSensitive && !ask.breakGlass
  const begins = !needsCustomer && !needsColleague
  return {
    ...ask,
    id: randomId('gra'),
    uid: randomUid(),
    adminId,
    needsCustomer,
    needsColleague,
    requestedAt: now,
    lapsesAt: now + PENDING_MS,
    beganAt: begins ? now : null,
    expiresAt: begins ? now + 1000 * ask.durationSeconds : null,
  }
}

type NewGrant = ReturnType<typeof newGrant>

/**
 * Returns the statements that make a grant, unless its owner has a live one of this kind or the session has ended. They
 * are one transaction: of asks at once only one finds no other.
 */
function grantStatements(db: Database, row: NewGrant, sessionId: string, now: number) {
  const itself = eq(accessGrants.id, row.id)
  const others = db
    .select({ id: accessGrants.id })
    .from(accessGrants)
    .where(
      and(
        eq(accessGrants.adminId, row.adminId),
        eq(accessGrants.customerUid, row.customerUid),
        eq(accessGrants.mode, row.mode),
        ne(accessGrants.id, row.id),
        grantIs(now, 'pending', 'active'),
      ),
    )
  return {
    inserted: db.insert(accessGrants).values(row),
    refused: db
      .delete(accessGrants)
      .where(and(itself, or(exists(others), not(isSessionOpen(db, sessionId))))),
    grants: db.select(grantColumns(now)).from(accessGrants).where(itself) satisfies PromiseLike<Grant[]>,
    others,
  }
}
