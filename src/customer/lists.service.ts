import { and, eq, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { CustomerScope } from '../auth/customer-scope.ts'
import { randomUid } from '../crypto/random.ts'
import { boundedTotal, past, startsWith } from '../db/keyset.ts'
import { customers } from '../db/schema/customers.ts'
import { lists } from '../db/schema/lists.ts'
import { AppError } from '../errors.ts'
import { timestamp } from '../http/envelopes.ts'
import { once } from '../http/once.ts'
import { type Page, type PageRequest, pageOf } from '../http/pagination.ts'
import { countValue, textValue, timeValue, uidValue } from '../http/schemas.ts'

type Row = typeof lists.$inferSelect

/** What a customer may set of a list. */
export interface ListInput {
  name: string
  description: string | null
}

/** A list as its customer sees it. */
export const listObject = once(() =>
  z
    .object({
      uid: uidValue(),
      name: textValue('Newsletter Subscribers'),
      description: textValue('Monthly news').nullable(),
      contacts_count: countValue(),
      created_at: timeValue(),
      updated_at: timeValue(),
    })
    .meta({ id: 'List' }),
)
export type List = z.infer<ReturnType<typeof listObject>>

/** What the answer to a change says of the list. */
export const listReference = once(() =>
  listObject().pick({ uid: true, name: true }).meta({ id: 'ListReference' }),
)
export type ListReference = z.infer<ReturnType<typeof listReference>>

/** The lists of a customer by age, or those whose name begins with `search` by name. */
export async function listLists(
  scope: CustomerScope,
  search: string | undefined,
  page: PageRequest,
): Promise<Page<List>> {
  const { db, uid } = scope
  const order = search === undefined ? [lists.id] : [lists.name, lists.id]
  const matching = and(
    eq(lists.customerUid, uid),
    search === undefined ? undefined : startsWith(lists.name, search, page.after !== undefined),
  )
  const [rows, [totals]] = await scope.read([
    db
      .select()
      .from(lists)
      .where(and(matching, past(order, page)))
      .orderBy(...order)
      .limit(page.perPage + 1)
      .offset(page.offset),
    search === undefined
      ? db
          .select({ total: sql<number | null>`${customers.listsCount}`.as('total') })
          .from(customers)
          .where(eq(customers.uid, uid))
      : boundedTotal(db, sql`SELECT id FROM lists WHERE ${matching}`),
  ])
  const position = (row: Row) => (search === undefined ? [row.id] : [row.name, row.id])
  return pageOf(rows, totals?.total ?? null, page, position, presentList)
}

/** @throws AppError list_unknown */
export async function getList(scope: CustomerScope, listUid: string): Promise<List> {
  const [rows] = await scope.read([scope.db.select().from(lists).where(ownList(scope, listUid))])
  return presentList(foundList(rows))
}

export async function createList(
  { db, uid }: CustomerScope,
  input: ListInput,
  now: number,
): Promise<ListReference> {
  const row = { ...input, uid: randomUid(), customerUid: uid, createdAt: now, updatedAt: now }
  await db.insert(lists).values(row)
  return { uid: row.uid, name: row.name }
}

/** Changes what is given. @throws AppError list_unknown */
export async function updateList(
  scope: CustomerScope,
  listUid: string,
  input: Partial<ListInput>,
  now: number,
): Promise<ListReference> {
  const changed = scope.db.update(lists).set({ ...input, updatedAt: now })
  return foundList(await changed.where(ownList(scope, listUid)).returning(REFERENCE))
}

/**
 * Deletes a list. If it had members, they are out of sight at once but not `complete`ly gone: `runListTasks` removes
 * their rows.
 * @throws AppError list_unknown
 */
export async function deleteList(
  scope: CustomerScope,
  listUid: string,
): Promise<{ list: ListReference; complete: boolean }> {
  const deleted = scope.db.delete(lists).where(ownList(scope, listUid))
  const { contactsCount, ...list } = foundList(
    await deleted.returning({ ...REFERENCE, contactsCount: lists.contactsCount }),
  )
  return { list, complete: contactsCount === 0 }
}

const REFERENCE = { uid: lists.uid, name: lists.name }

/** The list of this uid, if it is the customer's. */
export const ownList = ({ uid }: Pick<CustomerScope, 'uid'>, listUid: string) =>
  and(eq(lists.customerUid, uid), eq(lists.uid, listUid))

/** @throws AppError list_unknown if there is no row */
export function foundList<Found>([row]: Found[]): Found {
  if (!row) throw new AppError('list_unknown')
  return row
}

const presentList = ({ uid, name, description, contactsCount, createdAt, updatedAt }: Row): List => ({
  uid,
  name,
  description,
  contacts_count: contactsCount,
  created_at: timestamp(createdAt),
  updated_at: timestamp(updatedAt),
})
