import { and, eq, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { CustomerScope } from '../auth/customer-scope.ts'
import { once } from '../base/once.ts'
import { randomUid } from '../crypto/random.ts'
import { boundedTotal, past, startsWith } from '../db/keyset.ts'
import { customers } from '../db/schema/customers.ts'
import { lists } from '../db/schema/lists.ts'
import { AppError } from '../errors.ts'
import { timestamp } from '../http/envelopes.ts'
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
  const [rows] = await scope.read([listQuery(scope, listUid)])
  return presentList(foundList(rows))
}

export async function createList(scope: CustomerScope, input: ListInput, now: number): Promise<List> {
  const row = { ...input, uid: randomUid(), customerUid: scope.uid, createdAt: now, updatedAt: now }
  const { list } = await scope.write({
    statements: [scope.db.insert(lists).values(row)],
    after: { list: listQuery(scope, row.uid) },
  })
  return presentList(foundList(list))
}

/** Changes what is given. @throws AppError list_unknown */
export async function updateList(
  scope: CustomerScope,
  listUid: string,
  input: Partial<ListInput>,
  now: number,
): Promise<List> {
  const { list } = await scope.write({
    statements: [
      scope.db
        .update(lists)
        .set({ ...input, updatedAt: now })
        .where(ownList(scope, listUid)),
    ],
    after: { list: listQuery(scope, listUid) },
  })
  return presentList(foundList(list))
}

/**
 * Deletes a list and gives it as it was. If it had members, they are out of sight at once but not `complete`ly gone: `runListTasks` removes
 * their rows.
 * @throws AppError list_unknown
 */
export async function deleteList(
  scope: CustomerScope,
  listUid: string,
): Promise<{ list: List; complete: boolean }> {
  const { deleted } = await scope.write({
    before: { deleted: listQuery(scope, listUid) },
    statements: [scope.db.delete(lists).where(ownList(scope, listUid))],
  })
  const list = presentList(foundList(deleted))
  return { list, complete: list.contacts_count === 0 }
}

/** The query for the list of this uid, if it is the customer's. */
export const listQuery = (scope: CustomerScope, listUid: string) =>
  scope.db.select().from(lists).where(ownList(scope, listUid))

/** The list of this uid, if it is the customer's. */
export const ownList = ({ uid }: Pick<CustomerScope, 'uid'>, listUid: string) =>
  and(eq(lists.customerUid, uid), eq(lists.uid, listUid))

/** @throws AppError list_unknown if there is no row */
export function foundList<Found>([row]: Found[]): Found {
  if (!row) throw new AppError('list_unknown')
  return row
}

export const presentList = ({ uid, name, description, contactsCount, createdAt, updatedAt }: Row): List => ({
  uid,
  name,
  description,
  contacts_count: contactsCount,
  created_at: timestamp(createdAt),
  updated_at: timestamp(updatedAt),
})
