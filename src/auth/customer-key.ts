import { and, eq, isNull } from 'drizzle-orm'
import { BoundedCache } from '../crypto/bounded-cache.ts'
import { sha256Hex } from '../crypto/digest.ts'
import type { Database } from '../db/client.ts'
import { customerApiKeys, customers } from '../db/schema.ts'
import { AppError, orUnavailable } from '../errors.ts'
import { hasAccessKeyForm } from './access-key.ts'
import { CustomerAccess } from './customer-access.ts'

/** Customer uids by key hash, as D1 told before: whose key it is never changes, whether it is live does. */
const knownOwners = new BoundedCache<string>(5_000)

/**
 * The access of a customer who calls with its own key. In a warm isolate nothing is decided yet but whose key it is.
 * @throws AppError key_invalid if there is no such key, customer_inactive
 */
export async function customerKeyAccess(db: Database, key: string): Promise<CustomerAccess<Row[]>> {
  if (!hasAccessKeyForm('customer', key)) throw new AppError('key_invalid')
  const hash = sha256Hex(key)
  const check = { query: liveKey(db, hash), judge }
  const owner = knownOwners.get(hash)
  if (owner !== undefined) return new CustomerAccess(owner, db, check)
  const rows = await orUnavailable(Promise.resolve(check.query))
  const uid = rows[0]?.uid
  if (uid === undefined) throw new AppError('key_invalid')
  knownOwners.set(hash, uid)
  return new CustomerAccess(uid, db, check, rows)
}

const liveKey = (db: Database, hash: string) =>
  db
    .select({ uid: customers.uid, status: customers.status })
    .from(customerApiKeys)
    .innerJoin(customers, eq(customers.uid, customerApiKeys.customerUid))
    .where(and(eq(customerApiKeys.keyHash, hash), isNull(customerApiKeys.revokedAt)))

type Row = Awaited<ReturnType<typeof liveKey>>[number]

function judge([row]: Row[]): void {
  if (!row) throw new AppError('key_invalid')
  if (row.status !== 'active') throw new AppError('customer_inactive')
}
