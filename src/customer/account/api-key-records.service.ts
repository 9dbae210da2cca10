import { and, eq, getTableColumns, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { once } from '../../base/once.ts'
import { boundedTotal, paged, sortKey } from '../../db/paging.ts'
import { customerApiKeys } from '../../db/schema/customers.ts'
import { timestamp } from '../../http/envelopes.ts'
import { textValue, timeValue } from '../../http/fields/values.ts'
import { type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import type { Stores } from '../../http/stores.ts'

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

/** A new key with its secret, which is shown only once. */
export const newCustomerKeyObject = once(() =>
  customerKeyObject()
    .extend({ key: textValue('stw_customer_...') })
    .meta({ id: 'CreatedCustomerApiKey' }),
)

const BY_AGE = sortKey({ createdAt: customerApiKeys.createdAt, id: customerApiKeys.id })

/** Returns the customer's keys by age, revoked ones included. */
export async function listCustomerKeys(
  scope: CustomerScope,
  stores: Pick<Stores, 'pseudonymOf'>,
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
  return { ...found, items: await Promise.all(found.items.map((row) => withMaker(row, stores))) }
}

/** The condition for a key of the customer. */
export const ownKey = ({ uid }: CustomerScope, id: string) =>
  and(eq(customerApiKeys.id, id), eq(customerApiKeys.customerUid, uid))

/** Selects a key of the customer. */
export const selectKey = (scope: CustomerScope, id: string) =>
  scope.db.select(keyColumns).from(customerApiKeys).where(ownKey(scope, id))

/** Returns a key with its maker; staff have the pseudonym of the customer's access log. */
export async function withMaker(
  row: Row,
  { pseudonymOf }: Pick<Stores, 'pseudonymOf'>,
): Promise<CustomerKey> {
  if (row.madeByAdminId === null) return presentKey(row, { type: 'customer' })
  const staff = await pseudonymOf(row.customerUid, row.madeByAdminId)
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
