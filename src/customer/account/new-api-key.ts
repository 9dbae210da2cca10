import { createAccessKey, keyHint } from '../../auth/callers/access-key.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import { randomId } from '../../crypto/random.ts'
import type { Database } from '../../db/client.ts'
import { customerApiKeys } from '../../db/schema/customers.ts'

/** A new key of a customer, in clear, and its row, which says nothing yet of who made it. */
export function newCustomerKey(customerUid: string, name: string, now: number) {
  const key = createAccessKey('customer')
  const row = {
    id: randomId('key'),
    customerUid,
    name,
    keyHash: sha256Hex(key),
    keyHint: keyHint('customer', key),
    createdAt: now,
    revokedAt: null,
  }
  return { key, row }
}

/** Creates a key of the customer's own for the service itself, which nobody calls. Returns it in clear. */
export async function issueCustomerKey(
  db: Database,
  customerUid: string,
  name: string,
  now: number,
): Promise<string> {
  const { key, row } = newCustomerKey(customerUid, name, now)
  await db.insert(customerApiKeys).values(row)
  return key
}
