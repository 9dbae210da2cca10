import { and, eq, isNull } from 'drizzle-orm'
import { BoundedCache } from '../crypto/bounded-cache.ts'
import { sha256Hex } from '../crypto/digest.ts'
import type { Database } from '../db/client.ts'
import { customerApiKeys, customers } from '../db/schema/customers.ts'
import { AppError } from '../errors.ts'
import { hasAccessKeyForm } from './access-key.ts'
import { Authority } from './authority.ts'

/** Customer uids by the hashes of keys that were live: whose key it is never changes, whether it is live does. */
const knownOwners = new BoundedCache<string>(5_000)

/**
 * Whose key a customer calls with, and its authority. In a warm isolate nothing is decided yet but whose key it is.
 * @throws AppError key_invalid if there is no such key, customer_inactive
 */
export async function customerWithKey(db: Database, key: string) {
  if (!hasAccessKeyForm('customer', key)) throw new AppError('key_invalid')
  const hash = sha256Hex(key)
  const authority = new Authority(db, {
    queries: (db) => [liveKey(db, hash)],
    judge: ([[row]]) => ownerOf(hash, row),
  })
  return { uid: knownOwners.get(hash) ?? (await authority.verify()), authority }
}

const liveKey = (db: Database, hash: string) =>
  db
    .select({ uid: customers.uid, status: customers.status })
    .from(customerApiKeys)
    .innerJoin(customers, eq(customers.uid, customerApiKeys.customerUid))
    .where(and(eq(customerApiKeys.keyHash, hash), isNull(customerApiKeys.revokedAt)))

type Row = Awaited<ReturnType<typeof liveKey>>[number]

/** The uid of the customer, if it may call. If not, its next call is a stranger's. */
function ownerOf(hash: string, row: Row | undefined): string {
  knownOwners.delete(hash)
  if (!row) throw new AppError('key_invalid')
  if (row.status !== 'active') throw new AppError('customer_inactive')
  knownOwners.set(hash, row.uid)
  return row.uid
}
