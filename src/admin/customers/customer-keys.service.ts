import { and, inArray, ne, sql } from 'drizzle-orm'
import type { AdminActor } from '../../auth/actor.ts'
import { standingOf } from '../../auth/callers/revocation.ts'
import { rolesWithScope } from '../../auth/permissions.ts'
import type { Reach } from '../../auth/reach.ts'
import { newCustomerKey } from '../../customer/account/new-api-key.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { customerApiKeys, customers } from '../../db/schema/customers.ts'
import { AppError, orUnknown } from '../../errors.ts'
import { isReachable } from './customers.service.ts'

/**
 * Creates a key for a customer, marked as made by this actor; it ends with the actor's account or key. Only this
 * answer holds the key in clear. Nothing is created if the actor's own credentials have ended by then: this key would
 * survive a revocation that committed meanwhile.
 * @throws AppError customer_unknown, customer_pending_delete; session_invalid, key_invalid or scope_insufficient if
 * the actor's session, key or role has ended meanwhile
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
  const roles = rolesWithScope('customers:keys')
  const own = isReachable(reach, uid)
  const standing = standingOf(db, actor, now)
  const {
    customers: [customer],
    makers: [maker],
  } = await inOneTrip(db, {
    customers: db.select({ status: customers.status }).from(customers).where(own),
    makers: standing,
    key: db.insert(customerApiKeys).select(
      sql`SELECT ${row.id}, uid, ${name}, ${row.keyHash}, ${row.keyHint}, ${actor.adminId}, ${makingKeyId},
          max(${now}, maker.credentials_valid_from), NULL
        FROM customers, ${standing} AS maker
        WHERE ${and(own, ne(customers.status, 'pending_delete'), inArray(sql`maker.role`, roles))}`,
    ),
  })
  if (!maker) throw new AppError(actor.via === 'session' ? 'session_invalid' : 'key_invalid')
  // Only a key can be left: another role ends the sessions.
  if (!roles.includes(maker.role)) throw new AppError('scope_insufficient')
  if (orUnknown(customer, 'customer_unknown').status === 'pending_delete')
    throw new AppError('customer_pending_delete')
  return { id: row.id, name, key }
}
