import { createAccessKey, keyHint } from '../auth/access-key.ts'
import { sha256Hex } from '../crypto/digest.ts'
import { randomId, randomUid } from '../crypto/random.ts'
import type { Database } from '../db/client.ts'
import { customerApiKeys, customers } from '../db/schema.ts'

/** Creates an active customer and gives its uid. */
export async function createCustomer(db: Database, name: string, now: number): Promise<string> {
  const uid = randomUid()
  await db.insert(customers).values({ uid, name, status: 'active', createdAt: now })
  return uid
}

/** Creates a key for a customer. The clear key is in this answer and nowhere else. */
export async function createCustomerKey(db: Database, customerUid: string, name: string, now: number) {
  const key = createAccessKey('customer')
  const id = randomId('key')
  const keyHash = await sha256Hex(key)
  await db
    .insert(customerApiKeys)
    .values({ id, customerUid, name, keyHash, keyHint: keyHint('customer', key), createdAt: now })
  return { id, name, key }
}
