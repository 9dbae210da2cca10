import { and, gt, ne, or, type SQL, sql } from 'drizzle-orm'
import { createCustomerKey } from '../customer/api-keys.service.ts'
import type { Database } from '../db/client.ts'
import { customers } from '../db/schema/customers.ts'
import { AppError } from '../errors.ts'
import {
  type Customer,
  DELETE_AFTER_MS,
  found,
  getCustomer,
  inReach,
  presentCustomer,
  type Reach,
} from './customers.service.ts'

/**
 * Keeps a customer and everyone who acts for it out until it is activated.
 * @throws AppError customer_unknown, customer_pending_delete
 */
export const suspendCustomer = (db: Database, reach: Reach, uid: string, now: number) =>
  change(db, reach, uid, { status: 'inactive', updatedAt: now }, ne(customers.status, 'pending_delete'))

/**
 * Lets a customer in again, also one that is to be deleted, as long as its time has not come.
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
 * Keeps a customer out as `suspendCustomer` does, and has it purged when its time has come. Asking again does not
 * put that off.
 * @throws AppError customer_unknown
 */
export const deleteCustomer = (db: Database, reach: Reach, uid: string, now: number) =>
  change(db, reach, uid, {
    status: 'pending_delete',
    pendingDeleteAt: sql`coalesce(${customers.pendingDeleteAt}, ${now})`,
    updatedAt: now,
  })

/**
 * Creates a key of a customer's own. The clear key is in this answer and nowhere else.
 * @throws AppError customer_unknown, customer_pending_delete
 */
export async function createKeyFor(db: Database, reach: Reach, uid: string, name: string, now: number) {
  const { status } = await getCustomer(db, reach, uid)
  if (status === 'pending_delete') throw new AppError('customer_pending_delete')
  const { id, key } = await createCustomerKey({ db, uid }, name, now)
  return { id, name, key }
}

type Change = Parameters<ReturnType<Database['update']>['set']>[0]

async function change(
  db: Database,
  reach: Reach,
  uid: string,
  values: Change,
  condition?: SQL,
): Promise<Customer> {
  const own = inReach(reach, uid)
  const [[existing], [changed]] = await db.batch([
    db.select({ uid: customers.uid }).from(customers).where(own),
    db.update(customers).set(values).where(and(own, condition)).returning(),
  ])
  found(existing)
  if (!changed) throw new AppError('customer_pending_delete')
  return presentCustomer(changed)
}
