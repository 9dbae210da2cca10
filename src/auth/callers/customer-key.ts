import { and, eq, inArray, isNotNull, isNull, or, type SQL, sql } from 'drizzle-orm'
import { BoundedCache } from '../../base/bounded-cache.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import type { Database } from '../../db/client.ts'
import { type Bindable, type PlacesOf, prepared, type RowOf } from '../../db/prepared.ts'
import { customerApiKeys, customers } from '../../db/schema/customers.ts'
import { adminApiKeys, admins } from '../../db/schema/staff.ts'
import type { Clock } from '../../env.ts'
import { AppError } from '../../errors.ts'
import { Authority } from '../authority.ts'
import { rolesWithScope } from '../permissions.ts'
import { hasAccessKeyForm } from './access-key.ts'
import { isInForce, isKeyLive } from './revocation.ts'

/** Whose key it is, and which. */
interface KnownKey {
  uid: string
  keyId: string
}

/** Keys that were live, by their hashes: whose key it is never changes, whether it is live does. */
const knownKeys = new BoundedCache<KnownKey>(5_000)

/**
 * Whose key a customer calls with, and its authority. In a warm isolate nothing is decided yet but whose key it is.
 * @throws AppError key_invalid if there is no such key, customer_inactive
 */
export async function customerWithKey(db: Database, key: string, now: Clock) {
  if (!hasAccessKeyForm('customer', key)) throw new AppError('key_invalid', { because: 'malformed' })
  const hash = sha256Hex(key)
  const authority = new Authority(db, {
    queries: (asked) => ({ key: keyWithHash(asked, { hash, now: now() }) }),
    judge: ({ key: [row] }) => keyOf(hash, row),
  })
  return { ...(knownKeys.get(hash) ?? (await authority.verify())), authority }
}

const keyWithHash = prepared((db, { hash, now }: PlacesOf<{ hash: string; now: number }>) =>
  liveKey(db, eq(customerApiKeys.keyHash, hash), now),
)

const liveKey = (db: Database, which: SQL, now: Bindable<number>) =>
  db
    .select({ uid: customers.uid, status: customers.status, keyId: customerApiKeys.id })
    .from(customerApiKeys)
    .innerJoin(customers, eq(customers.uid, customerApiKeys.customerUid))
    .leftJoin(admins, eq(admins.id, customerApiKeys.madeByAdminId))
    .leftJoin(adminApiKeys, eq(adminApiKeys.id, customerApiKeys.madeByApiKeyId))
    .where(
      and(
        which,
        isNull(customerApiKeys.revokedAt),
        or(isNull(customerApiKeys.madeByAdminId), isMakerInForce()),
        or(isNull(customerApiKeys.madeByApiKeyId), and(isNotNull(adminApiKeys.id), isKeyLive(now))),
      ),
    )

/** A key that staff made ends with what let them make it: the account as it was then, and its role. */
const isMakerInForce = (): SQL | undefined =>
  and(isInForce(customerApiKeys.createdAt), inArray(admins.role, rolesWithScope('customers:keys')))

/**
 * Returns, for SQL, the customer whose key this is; null once it lets nobody in. It stands in the transaction that makes
 * another key with it, for between two round trips it may have been revoked.
 */
export const holderOf = (db: Database, keyId: string, now: number): SQL<string> =>
  sql`(SELECT uid FROM ${liveKey(db, eq(customerApiKeys.id, keyId), now)})`

type Row = RowOf<typeof keyWithHash>

/** The key, if its customer may call with it. If not, its next call is a stranger's. */
function keyOf(hash: string, row: Row | undefined): KnownKey {
  knownKeys.delete(hash)
  if (!row) throw new AppError('key_invalid', { because: 'unknown, revoked, or its maker may not come in' })
  if (row.status !== 'active') throw new AppError('customer_inactive')
  const known = { uid: row.uid, keyId: row.keyId }
  knownKeys.set(hash, known)
  return known
}
