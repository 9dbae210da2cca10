import { and, eq, getTableColumns, sql } from 'drizzle-orm'
import * as z from 'zod'
import { createAccessKey, keyHint } from '../auth/access-key.ts'
import type { CustomerScope } from '../auth/customer-scope.ts'
import { once } from '../base/once.ts'
import { sha256Hex } from '../crypto/digest.ts'
import { pseudonymOf } from '../crypto/pseudonym.ts'
import { randomId } from '../crypto/random.ts'
import { boundedTotal, paged, sortKey } from '../db/paging.ts'
import { customerApiKeys } from '../db/schema/customers.ts'
import { AppError } from '../errors.ts'
import { timestamp } from '../http/envelopes.ts'
import { type Page, type PageQuery, pageOf, pageRequest } from '../http/pagination.ts'
import { textValue, timeValue } from '../http/schemas.ts'

const { keyHash: _keyHash, ...keyColumns } = getTableColumns(customerApiKeys)

type Row = Omit<typeof customerApiKeys.$inferSelect, 'keyHash'>

/** An API key as its customer sees it. */
export const customerKeyObject = once(() =>
  z
    .object({
      id: textValue('key_4fJq0ZkPz7Xn2wB9sVtYcD'),
      name: textValue('Website'),
      key_hint: textValue('stw_customer_4fJq…'),
      made_by: z
        .union([
          z.object({ type: z.literal('customer') }),
          z.object({ type: z.literal('staff'), staff: textValue('staff_Yk3vJ0mQ8rT1xW5zB7nC2d') }),
        ])
        .meta({ description: 'A key that staff made ends with the account or the key of who made it.' }),
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

/**
 * Creates a key for the customer itself. One that is made with a key of staff's making is of their making too: what
 * ends theirs ends all that came of it. The clear key is in this answer and nowhere else.
 * @throws AppError idempotency_secret_gone, with the key's id, if an earlier request made it
 */
export async function createCustomerKey(
  scope: CustomerScope,
  pseudonymKey: string,
  name: string,
  now: number,
): Promise<z.infer<ReturnType<typeof newCustomerKeyObject>>> {
  const { key, row } = newCustomerKey(scope.uid, name, now)
  const ofCaller = (column: 'made_by_admin_id' | 'made_by_api_key_id') =>
    sql`(SELECT ${sql.raw(column)} FROM customer_api_keys WHERE id = ${scope.callerId})`
  const maker = {
    madeByAdminId: ofCaller('made_by_admin_id'),
    madeByApiKeyId: ofCaller('made_by_api_key_id'),
  }
  const { made } = await scope.write({
    statements: [scope.db.insert(customerApiKeys).values({ ...row, ...maker })],
    after: { made: keyQuery(scope, row.id) },
  })
  const { id, ...rest } = await withMaker(foundKey(made), pseudonymKey)
  if (id !== row.id) throw new AppError('idempotency_secret_gone', { details: { api_key: { id } } })
  return { id, key, ...rest }
}

const BY_AGE = sortKey({ createdAt: customerApiKeys.createdAt, id: customerApiKeys.id })

/** The customer's keys by age, revoked ones too. */
export async function listCustomerKeys(
  scope: CustomerScope,
  pseudonymKey: string,
  query: PageQuery,
): Promise<Page<CustomerKey>> {
  const page = pageRequest(query, BY_AGE)
  const { db, uid } = scope
  const own = eq(customerApiKeys.customerUid, uid)
  const { rows, total } = await scope.read({
    rows: paged(db.select(keyColumns).from(customerApiKeys).$dynamic(), BY_AGE, page, own),
    total: boundedTotal(db, sql`SELECT id FROM customer_api_keys WHERE ${own}`),
  })
  const found = pageOf(rows, total[0]?.total ?? null, page, BY_AGE, (row) => row)
  return { ...found, items: await Promise.all(found.items.map((row) => withMaker(row, pseudonymKey))) }
}

/**
 * Revokes a key, also the one that the call is made with: it is refused from the next request on. Revoking it twice
 * changes nothing.
 * @throws AppError api_key_unknown
 */
export async function revokeCustomerKey(
  scope: CustomerScope,
  pseudonymKey: string,
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
    after: { revoked: keyQuery(scope, id) },
  })
  return withMaker(foundKey(revoked), pseudonymKey)
}

/** The key of this id, if it is the customer's. */
const ownKey = ({ uid }: CustomerScope, id: string) =>
  and(eq(customerApiKeys.id, id), eq(customerApiKeys.customerUid, uid))

const keyQuery = (scope: CustomerScope, id: string) =>
  scope.db.select(keyColumns).from(customerApiKeys).where(ownKey(scope, id))

/** @throws AppError api_key_unknown if there is no row */
function foundKey([row]: Row[]): Row {
  if (!row) throw new AppError('api_key_unknown')
  return row
}

/** A key with who made it: staff under the pseudonym that the customer's access log has for them. */
async function withMaker(row: Row, pseudonymKey: string): Promise<CustomerKey> {
  if (row.madeByAdminId === null) return presentKey(row, { type: 'customer' })
  const staff = await pseudonymOf(pseudonymKey, row.customerUid, row.madeByAdminId)
  return presentKey(row, { type: 'staff', staff })
}

const presentKey = (row: Row, madeBy: CustomerKey['made_by']): CustomerKey => ({
  id: row.id,
  name: row.name,
  key_hint: row.keyHint,
  made_by: madeBy,
  created_at: timestamp(row.createdAt),
  revoked_at: timestamp(row.revokedAt),
})
