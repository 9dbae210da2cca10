import { createAccessKey, keyHint } from '../../auth/callers/access-key.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import { randomId } from '../../crypto/random.ts'
import type { Database } from '../../db/client.ts'
import { customerApiKeys } from '../../db/schema/customers.ts'

/** Returns a new key of a customer, in clear, and its row, which names no maker yet. */
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

/** Creates a customer's key without a caller, for the command line and tests. Returns it in clear. */
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
