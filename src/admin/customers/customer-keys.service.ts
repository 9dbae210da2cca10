import { and, ne, sql } from 'drizzle-orm'
import type { AdminActor } from '../../auth/actor.ts'
import type { Reach } from '../../auth/reach.ts'
import { newCustomerKey } from '../../customer/account/new-api-key.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { customerApiKeys, customers } from '../../db/schema/customers.ts'
import { AppError, orUnknown } from '../../errors.ts'
import { isReachable } from './customers.service.ts'

/**
 * Creates a key for a customer, marked as made by this actor; it ends with the actor's account or key. Only this
 * answer holds the key in clear.
 * @throws AppError customer_unknown, customer_pending_delete
 */
export async function createKeyFor(
  db: Database,
  {
    actor,
    reach,
    uid,
    name,
    now,
  }: { actor: AdminActor; reach: Reach; uid: string; name: string; now: number },
) {
  const { key, row } = newCustomerKey(uid, name, now)
  const makingKeyId = actor.via === 'api_key' ? actor.apiKeyId : null
  const own = isReachable(reach, uid)
  const { customer } = await inOneTrip(db, {
    customer: db.select({ status: customers.status }).from(customers).where(own),
    key: db.insert(customerApiKeys).select(
      sql`SELECT ${row.id}, uid, ${name}, ${row.keyHash}, ${row.keyHint}, ${actor.adminId}, ${makingKeyId},
          max(${now}, (SELECT credentials_valid_from FROM admins WHERE id = ${actor.adminId})), NULL
        FROM customers WHERE ${and(own, ne(customers.status, 'pending_delete'))}`,
    ),
  })
  if (orUnknown(customer[0], 'customer_unknown').status === 'pending_delete')
    throw new AppError('customer_pending_delete')
  return { id: row.id, name, key }
}
