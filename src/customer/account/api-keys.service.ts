import { sql } from 'drizzle-orm'
import type * as z from 'zod'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { customerApiKeys } from '../../db/schema/customers.ts'
import { AppError, orUnknown } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import {
  type CustomerKey,
  type newCustomerKeyObject,
  ownKey,
  selectKey,
  withMaker,
} from './api-key-records.service.ts'
import { newCustomerKey } from './new-api-key.ts'

/**
 * Creates a key of the customer. A key made with a key of staff's making counts as theirs: revoking staff's
 * credentials ends all that came of them. Only this answer holds the key in clear.
 * @throws AppError idempotency_secret_gone, with the key's id, if an earlier request made it
 */
export async function createCustomerKey(
  scope: CustomerScope,
  stores: Pick<Stores, 'pseudonymOf'>,
  name: string,
  now: number,
): Promise<z.infer<ReturnType<typeof newCustomerKeyObject>>> {
  const { key, row } = newCustomerKey(scope.uid, name, now)
  const ofCaller = (column: 'made_by_admin_id' | 'made_by_api_key_id' | 'created_at') =>
    sql`(SELECT ${sql.raw(column)} FROM customer_api_keys WHERE id = ${scope.callerId})`
  const made = {
    ...row,
    madeByAdminId: ofCaller('made_by_admin_id'),
    madeByApiKeyId: ofCaller('made_by_api_key_id'),
    // Never before the key that it is made with, which is in force.
    createdAt: sql`max(${now}, ${ofCaller('created_at')})`,
  }
  const { kept } = await scope.write({
    statements: [scope.db.insert(customerApiKeys).values(made)],
    after: { kept: selectKey(scope, row.id) },
  })
  const { id, ...rest } = await withMaker(orUnknown(kept[0], 'api_key_unknown'), stores)
  if (id !== row.id) throw new AppError('idempotency_secret_gone', { details: { api_key: { id } } })
  return { id, key, ...rest }
}

/**
 * Revokes a key, also the one of the request: it is refused from the next request on. Revoking it twice changes
 * nothing.
 * @throws AppError api_key_unknown
 */
export async function revokeCustomerKey(
  scope: CustomerScope,
  stores: Pick<Stores, 'pseudonymOf'>,
  id: string,
  now: number,
): Promise<CustomerKey> {
  const { revoked } = await scope.write({
    statements: [
      scope.db
        .update(customerApiKeys)
        .set({ revokedAt: sql`coalesce(${customerApiKeys.revokedAt}, ${now})` })
        .where(ownKey(scope, id)),
    ],
    after: { revoked: selectKey(scope, id) },
  })
  return withMaker(orUnknown(revoked[0], 'api_key_unknown'), stores)
}
