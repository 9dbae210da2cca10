import { and, gt, ne, or, type SQL, sql } from 'drizzle-orm'
import type { Changed } from '../../audit/recording/changes.ts'
import type { Reach } from '../../auth/reach.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { customers } from '../../db/schema/customers.ts'
import { AppError, orUnknown } from '../../errors.ts'
import { type Customer, DELETE_AFTER_MS, isReachable, presentCustomer } from './customers.service.ts'

/**
 * Suspends a customer, and everyone who acts for it, until it is activated.
 * @throws AppError customer_unknown, customer_pending_delete
 */
export const suspendCustomer = (db: Database, reach: Reach, uid: string, now: number) =>
  change(db, reach, uid, { status: 'inactive', updatedAt: now }, ne(customers.status, 'pending_delete'))

/**
 * Activates a customer, also one that is pending deletion but not due yet.
 * @throws AppError customer_unknown, customer_pending_delete
 */
export const activateCustomer = (db: Database, reach: Reach, uid: string, now: number) =>
  change(
    db,
    reach,
    uid,
    { status: 'active', pendingDeleteAt: null, updatedAt: now },
    or(ne(customers.status, 'pending_delete'), gt(customers.pendingDeleteAt, now - DELETE_AFTER_MS)),
  )

/**
 * Suspends a customer and schedules its purge. Calling it again does not postpone that.
 * @throws AppError customer_unknown
 */
export const deleteCustomer = (db: Database, reach: Reach, uid: string, now: number) =>
  change(db, reach, uid, {
    status: 'pending_delete',
    pendingDeleteAt: sql`coalesce(${customers.pendingDeleteAt}, ${now})`,
    updatedAt: now,
  })

type CustomerUpdate = Parameters<ReturnType<Database['update']>['set']>[0]

async function change(
  db: Database,
  reach: Reach,
  uid: string,
  values: CustomerUpdate,
  condition?: SQL,
): Promise<Changed<Customer>> {
  const own = isReachable(reach, uid)
  const { before, after } = await inOneTrip(db, {
    before: db.select().from(customers).where(own),
    after: db.update(customers).set(values).where(and(own, condition)).returning(),
  })
  const existing = orUnknown(before[0], 'customer_unknown')
  if (!after[0]) throw new AppError('customer_pending_delete')
  return { before: presentCustomer(existing), after: presentCustomer(after[0]) }
}
