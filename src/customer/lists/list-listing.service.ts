import { and, eq, type SQL, sql } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/sqlite-core'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import type { Database } from '../../db/client.ts'
import {
  boundedTotal,
  type PageRequest,
  type Position,
  paged,
  rangesPast,
  sortKey,
  startsWith,
} from '../../db/paging.ts'
import { type PlacesOf, prepared } from '../../db/prepared.ts'
import { customers } from '../../db/schema/customers.ts'
import { lists } from '../../db/schema/lists.ts'
import { matchesRequest, type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import { type List, presentList } from './lists.service.ts'

const BY_AGE = sortKey({ id: lists.id })
const BY_NAME = sortKey({ name: lists.name, id: lists.id })

const selectByAge = prepared((db, { uid, ...page }: PlacesOf<{ uid: string } & PageRequest>) =>
  paged(db.select().from(lists).$dynamic(), BY_AGE, page, eq(lists.customerUid, uid)),
)

const selectCount = prepared((db, { uid }: PlacesOf<{ uid: string }>) =>
  db
    .select({ total: sql<number | null>`${customers.listsCount}`.as('total') })
    .from(customers)
    .where(eq(customers.uid, uid)),
)

/** Returns the lists of a customer by age, or those whose name begins with `search` by name. */
export async function listLists(
  scope: CustomerScope,
  search: string | undefined,
  query: PageQuery,
): Promise<Page<List>> {
  if (search !== undefined) return searchLists(scope, search, query)
  const { db, uid } = scope
  const page = pageRequest(query, BY_AGE)
  const { rows, total } = await scope.read({
    rows: selectByAge(db, { uid, ...page }),
    total: selectCount(db, { uid }),
  })
  return pageOf(rows, total[0]?.total ?? null, page, BY_AGE, presentList)
}

async function searchLists(scope: CustomerScope, search: string, query: PageQuery): Promise<Page<List>> {
  const { db, uid } = scope
  const page = matchesRequest(query, BY_NAME, search)
  const matches = (withCursor: boolean) =>
    and(eq(lists.customerUid, uid), startsWith(lists.name, search, withCursor))
  const matching = matches(page.after !== undefined)
  const { rows, total } = await scope.read({
    rows: page.after
      ? selectPast(db, matching, page.after).limit(page.limit)
      : paged(db.select().from(lists).$dynamic(), BY_NAME, page, matching),
    total: boundedTotal(db, sql`SELECT id FROM lists WHERE ${matches(false)}`),
  })
  return pageOf(rows, total[0]?.total ?? null, page, BY_NAME, presentList)
}

/** Selects the lists past the position of a cursor, by name. */
function selectPast(db: Database, matching: SQL | undefined, after: Position) {
  const inRange = (range: SQL) => db.select().from(lists).where(and(matching, range))
  const [amongEqual, later] = rangesPast([lists.name, lists.id], after)
  return unionAll(inRange(amongEqual), inRange(later)).orderBy(lists.name, lists.id)
}
