import { and, eq, sql } from 'drizzle-orm'
import * as z from 'zod'
import { createAccessKey, keyHint } from '../auth/access-key.ts'
import type { CustomerScope } from '../auth/customer-scope.ts'
import { sha256Hex } from '../crypto/digest.ts'
import { randomId } from '../crypto/random.ts'
import { boundedTotal, past } from '../db/keyset.ts'
import { customerApiKeys } from '../db/schema/customers.ts'
import { AppError } from '../errors.ts'
import { timestamp } from '../http/envelopes.ts'
import { once } from '../http/once.ts'
import { type Page, type PageRequest, pageOf } from '../http/pagination.ts'
import { textValue, timeValue } from '../http/schemas.ts'

type Row = typeof customerApiKeys.$inferSelect

/** An API key as its customer sees it. */
export const customerKeyObject = once(() =>
  z
    .object({
      id: textValue('key_4fJq0ZkPz7Xn2wB9sVtYcD'),
      name: textValue('Website'),
      key_hint: textValue('stw_customer_4fJq…'),
      created_at: timeValue(),
      revoked_at: timeValue()
        .nullable()
        .meta({ examples: [null] }),
    })
    .meta({ id: 'CustomerApiKey' }),
)
export type CustomerKey = z.infer<ReturnType<typeof customerKeyObject>>

/** A key that was just made, in clear: it is in this answer and nowhere else. */
export const newCustomerKeyObject = once(() =>
  customerKeyObject()
    .extend({ key: textValue('stw_customer_...') })
    .meta({ id: 'CreatedCustomerApiKey' }),
)

/** Creates a key for a customer. The clear key is in this answer and nowhere else. */
export async function createCustomerKey(
  { db, uid }: Pick<CustomerScope, 'db' | 'uid'>,
  name: string,
  now: number,
): Promise<z.infer<ReturnType<typeof newCustomerKeyObject>>> {
  const key = createAccessKey('customer')
  const row: Row = {
    id: randomId('key'),
    customerUid: uid,
    name,
    keyHash: sha256Hex(key),
    keyHint: keyHint('customer', key),
    madeByAdminId: null,
    madeByApiKeyId: null,
    createdAt: now,
    revokedAt: null,
  }
  await db.insert(customerApiKeys).values(row)
  const { id, ...rest } = presentKey(row)
  return { id, key, ...rest }
}

/** The customer's keys by age, revoked ones too. */
export async function listCustomerKeys(scope: CustomerScope, page: PageRequest): Promise<Page<CustomerKey>> {
  const { db, uid } = scope
  const own = eq(customerApiKeys.customerUid, uid)
  const order = [customerApiKeys.createdAt, customerApiKeys.id]
  const [rows, [totals]] = await scope.read([
    db
      .select()
      .from(customerApiKeys)
      .where(and(own, past(order, page)))
      .orderBy(...order)
      .limit(page.perPage + 1)
      .offset(page.offset),
    boundedTotal(db, sql`SELECT id FROM customer_api_keys WHERE ${own}`),
  ])
  return pageOf(rows, totals?.total ?? null, page, (row) => [row.createdAt, row.id], presentKey)
}

/**
 * Revokes a key, also the one that the call is made with: it is refused from the next request on. Revoking it twice
 * changes nothing.
 * @throws AppError api_key_unknown
 */
export async function revokeCustomerKey(
  { db, uid }: CustomerScope,
  id: string,
  now: number,
): Promise<CustomerKey> {
  const [row] = await db
    .update(customerApiKeys)
    .set({ revokedAt: sql`coalesce(${customerApiKeys.revokedAt}, ${now})` })
    .where(and(eq(customerApiKeys.id, id), eq(customerApiKeys.customerUid, uid)))
    .returning()
  if (!row) throw new AppError('api_key_unknown')
  return presentKey(row)
}

const presentKey = (row: Row): CustomerKey => ({
  id: row.id,
  name: row.name,
  key_hint: row.keyHint,
  created_at: timestamp(row.createdAt),
  revoked_at: timestamp(row.revokedAt),
})
