import { and, eq, inArray, isNotNull, isNull, or, type SQL } from 'drizzle-orm'
import { BoundedCache } from '../../base/bounded-cache.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import type { Database } from '../../db/client.ts'
import type { PlacesOf } from '../../db/prepared.ts'
import { type AnswerTo, question, stampOf } from '../../db/question.ts'
import { customerApiKeys, customers } from '../../db/schema/customers.ts'
import { adminApiKeys, admins } from '../../db/schema/staff.ts'
import type { Clock } from '../../env.ts'
import { AppError } from '../../errors.ts'
import { Authority } from '../authority.ts'
import { rolesWithScope } from '../permissions.ts'
import { hasAccessKeyForm } from './access-key.ts'
import { isInForce, isKeyLive } from './revocation.ts'

/** What D1 said of keys that were live, by their hashes. Whose key it is never changes; the rest is to be proven. */
const knownKeys = new BoundedCache<{ key: Row | undefined }>(5_000)

/**
 * Whose key a customer calls with, and its authority. In a warm isolate nothing is decided yet but whose key it is.
 * @throws AppError key_invalid if there is no such key, customer_inactive
 */
export async function customerWithKey(db: Database, key: string, now: Clock) {
  if (!hasAccessKeyForm('customer', key)) throw new AppError('key_invalid', { because: 'malformed' })
  const hash = sha256Hex(key)
  const authority = new Authority(db, {
    questions: () => ({ key: keyWithHash({ hash, now: now() }) }),
    judge: ({ key }) => keyOf(key),
    memory: { of: knownKeys, name: hash },
  })
  const { uid, keyId } = authority.remembered?.key ?? (await authority.verify())
  return { uid, keyId, authority }
}

const decisive = { uid: customers.uid, status: customers.status, keyId: customerApiKeys.id }

const keyWithHash = question((db, { hash, now }: PlacesOf<{ hash: string; now: number }>) =>
  db
    .select({ ...decisive, stamp: stampOf(decisive) })
    .from(customerApiKeys)
    .innerJoin(customers, eq(customers.uid, customerApiKeys.customerUid))
    .leftJoin(admins, eq(admins.id, customerApiKeys.madeByAdminId))
    .leftJoin(adminApiKeys, eq(adminApiKeys.id, customerApiKeys.madeByApiKeyId))
    .where(
      and(
        eq(customerApiKeys.keyHash, hash),
        isNull(customerApiKeys.revokedAt),
        or(isNull(customerApiKeys.madeByAdminId), isMakerInForce()),
        or(isNull(customerApiKeys.madeByApiKeyId), and(isNotNull(adminApiKeys.id), isKeyLive(now))),
      ),
    ),
)

/** A key that staff made ends with what let them make it: the account as it was then, and its role. */
const isMakerInForce = (): SQL | undefined =>
  and(isInForce(customerApiKeys.createdAt), inArray(admins.role, rolesWithScope('customers:keys')))

type Row = AnswerTo<typeof keyWithHash>

/** The key, if its customer may call with it. */
function keyOf(row: Row | undefined): Row {
  if (!row) throw new AppError('key_invalid', { because: 'unknown, revoked, or its maker may not come in' })
  if (row.status !== 'active') throw new AppError('customer_inactive')
  return row
}
