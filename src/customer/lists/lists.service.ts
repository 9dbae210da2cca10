import { and, eq } from 'drizzle-orm'
import * as z from 'zod'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { once } from '../../base/once.ts'
import { randomUid } from '../../crypto/random.ts'
import { type Bindable, type PlacesOf, prepared } from '../../db/prepared.ts'
import { lists } from '../../db/schema/lists.ts'
import { orUnknown } from '../../errors.ts'
import { timestamp } from '../../http/envelopes.ts'
import { countValue, textValue, timeValue, uidValue } from '../../http/fields/values.ts'

type Row = typeof lists.$inferSelect

type NewRow = Pick<Row, 'name' | 'description' | 'uid' | 'customerUid' | 'createdAt' | 'updatedAt'>

/** The writable properties of a list. */
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

/** @throws AppError list_unknown */
export async function getList(scope: CustomerScope, listUid: string): Promise<List> {
  const { list } = await scope.read({ list: selectList(scope, listUid) })
  return presentList(orUnknown(list[0], 'list_unknown'))
}

const insertList = prepared((db, row: PlacesOf<NewRow>) => db.insert(lists).values(row))

export async function createList(scope: CustomerScope, input: ListInput, now: number): Promise<List> {
  const { name, description } = input
  const row = { name, description, uid: randomUid(), customerUid: scope.uid, createdAt: now, updatedAt: now }
  const { list } = await scope.write({
    statements: [insertList(scope.db, row)],
    after: { list: selectList(scope, row.uid) },
  })
  return presentList(orUnknown(list[0], 'list_unknown'))
}

/** Changes the given properties. @throws AppError list_unknown */
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
    after: { list: selectList(scope, listUid) },
  })
  return presentList(orUnknown(list[0], 'list_unknown'))
}

/**
 * Deletes a list. Returns it as it was. Its members are hidden at once, but `complete` only when there are none:
 * `runListTasks` deletes their rows.
 * @throws AppError list_unknown
 */
export async function deleteList(
  scope: CustomerScope,
  listUid: string,
): Promise<{ list: List; complete: boolean }> {
  const { deleted } = await scope.write({
    before: { deleted: selectList(scope, listUid) },
    statements: [scope.db.delete(lists).where(ownList(scope, listUid))],
  })
  const list = presentList(orUnknown(deleted[0], 'list_unknown'))
  return { list, complete: list.contacts_count === 0 }
}

/** Selects a list of the customer. */
export const selectList = ({ db, uid }: CustomerScope, listUid: string) => selectOwnList(db, { uid, listUid })

const selectOwnList = prepared((db, { uid, listUid }: PlacesOf<{ uid: string; listUid: string }>) =>
  db.select().from(lists).where(ownList({ uid }, listUid)),
)

/** The condition for a list of the customer. */
export const ownList = ({ uid }: { uid: Bindable<string> }, listUid: Bindable<string>) =>
  and(eq(lists.customerUid, uid), eq(lists.uid, listUid))

export const presentList = ({ uid, name, description, contactsCount, createdAt, updatedAt }: Row): List => ({
  uid,
  name,
  description,
  contacts_count: contactsCount,
  created_at: timestamp(createdAt),
  updated_at: timestamp(updatedAt),
})
