import { and, eq, exists, ne, notExists, or, sql } from 'drizzle-orm'
import type { SessionActor } from '../../auth/actor.ts'
import { forgetKeys } from '../../auth/callers/admin-key.ts'
import { policyOf } from '../../auth/grants/decisions.ts'
import { type GrantObject, presentGrant } from '../../auth/grants/grant-object.ts'
import { tellCustomer, tellSuperAdmins } from '../../auth/grants/notices.ts'
import { grantColumns, isLiveGrant } from '../../auth/grants/status.ts'
import { ROLE_SCOPES } from '../../auth/permissions.ts'
import { checkProven } from '../../auth/permitted-actor.ts'
import { randomId, randomUid } from '../../crypto/random.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { customers } from '../../db/schema/customers.ts'
import { accessGrants } from '../../db/schema/grants.ts'
import { AppError, orUnknown } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import type { Settings } from '../../settings.ts'
import { withKeyInKv } from '../api-keys/api-keys.service.ts'
import type { Ask } from './grant-input.ts'
import { IN_KV, type KeyedGrant, newGrantKey } from './grant-keys.service.ts'

/** How long there is to decide. */
const PENDING_MS = 24 * 60 * 60 * 1000

/**
 * Asks for access to a customer. Where nobody else has a say it begins at once, and the answer has its key.
 * @throws AppError forbidden if the role does not cover it, reauthentication_required for a break-glass,
 * customer_unknown, customer_inactive, access_closed,
 * grant_exists with the id of the live one
 */
export async function askForAccess(
  stores: Stores,
  actor: SessionActor,
  ask: Ask,
  now: number,
): Promise<GrantObject & Partial<KeyedGrant>> {
  const { db, kv, later, settings } = stores
  checkAsker(actor, ask)
  const row = newGrant(actor, ask, settings, now)
  const { key, inKv, statements } = newGrantKey(db, row.id, actor, now)
  const write = async () => insertGrant(db, row, statements, now)
  // Who waits for a colleague does not begin: it gets no key yet.
  const { grant, customer, keys } = await (row.needsColleague ? write() : withKeyInKv(kv, inKv, write, IN_KV))
  const hasBegun = keys.length > 0
  if (!hasBegun && !row.needsColleague)
    later('forget_keys', forgetKeys(kv, [{ ...inKv, previousKeyHash: null }]))
  if (grant.breakGlass) later('tell_super_admins', tellSuperAdmins(stores, grant))
  const customerReached = await tellCustomer(stores, grant, customer)
  return { ...presentGrant({ ...grant, customerReached }), ...(hasBegun && { key }) }
}

function checkAsker(actor: SessionActor, { mode, breakGlass }: Ask): void {
  const { role } = actor
  const isCovered = ROLE_SCOPES[role].includes(`customers:${mode}`)
  if (!isCovered || (breakGlass && role !== 'super_admin')) throw new AppError('forbidden')
  if (breakGlass) checkProven(actor)
}

/** The row of a new grant, with whose say it waits for. */
function newGrant({ adminId }: SessionActor, ask: Ask, { grantApproval }: Settings, now: number) {
  const isSensitive = grantApproval === 'all' || (grantApproval === 'write' && ask.mode === 'write')
  const needsColleague = isSensitive && !ask.breakGlass
  const policy = policyOf(ask.customerUid)
  const needsCustomer = ask.breakGlass ? sql`0` : sql`coalesce(${policy} = 'ask', 0)`
  const waits = sql`(${needsColleague} OR ${needsCustomer})`
  const ifItBegins = (value: number) => sql<number>`iif(${waits}, NULL, ${value})`
  const isMailed = sql`(${ask.breakGlass} OR ${needsCustomer} OR (NOT ${waits} AND ${policy} = 'notify'))`
  return {
    ...ask,
    id: randomId('gra'),
    uid: randomUid(),
    adminId,
    needsCustomer: needsCustomer as typeof needsCustomer & { _: { type: boolean } },
    needsColleague,
    requestedAt: now,
    lapsesAt: now + PENDING_MS,
    beganAt: ifItBegins(now),
    expiresAt: ifItBegins(now + 1000 * ask.durationSeconds),
    customerReached: sql<boolean | null>`iif(${isMailed}, FALSE, NULL)`,
  }
}

type NewGrant = ReturnType<typeof newGrant>

/**
 * Inserts a grant, and its key if it begins, unless it must not be. Of asks at once only one finds
 * no other.
 */
async function insertGrant(
  db: Database,
  row: NewGrant,
  keyStatements: ReturnType<typeof newGrantKey>['statements'],
  now: number,
) {
  const itself = eq(accessGrants.id, row.id)
  const ofCustomer = eq(customers.uid, row.customerUid)
  const isOpen = and(
    eq(customers.status, 'active'),
    row.breakGlass ? undefined : ne(customers.supportAccess, 'closed'),
  )
  const open = db.select({ uid: customers.uid }).from(customers).where(and(ofCustomer, isOpen))
  const others = selectOthers(db, row, now)
  const found = await inOneTrip(db, {
    customers: db.select().from(customers).where(ofCustomer),
    others,
    inserted: db.insert(accessGrants).values(row),
    refused: db.delete(accessGrants).where(and(itself, or(notExists(open), exists(others)))),
    grants: db.select(grantColumns(now)).from(accessGrants).where(itself),
    ...keyStatements,
  })
  const customer = orUnknown(found.customers[0], 'customer_unknown')
  if (customer.status !== 'active') throw new AppError('customer_inactive')
  if (customer.supportAccess === 'closed' && !row.breakGlass) throw new AppError('access_closed')
  const [grant] = found.grants
  if (!grant) throw new AppError('grant_exists', { details: { access_grant: found.others[0] } })
  return { ...found, grant, customer }
}

/** Selects the other live grants of this person for this customer in this mode. */
const selectOthers = (db: Database, row: NewGrant, now: number) =>
  db
    .select({ id: accessGrants.id })
    .from(accessGrants)
    .where(
      and(
        eq(accessGrants.adminId, row.adminId),
        eq(accessGrants.customerUid, row.customerUid),
        eq(accessGrants.mode, row.mode),
        ne(accessGrants.id, row.id),
        isLiveGrant(now),
      ),
    )
