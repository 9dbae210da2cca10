import { and, count, eq, getTableColumns, or, sql, sum } from 'drizzle-orm'
import type { Reach } from '../../auth/reach.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { paged, sortKey } from '../../db/paging.ts'
import { customers, customerTotals } from '../../db/schema/customers.ts'
import { beginning, HIT_POSITION, HITS_IN_ORDER, SearchSelects, type Term, whole } from '../../db/search.ts'
import {
  hitsRequest,
  type Page,
  type PageQuery,
  pageOf,
  pageOfHits,
  pageRequest,
} from '../../http/pagination.ts'
import { type Customer, isOneOf, presentCustomer } from './customers.service.ts'

export interface CustomerFilter {
  /** A whole uid, `@` and a whole domain, or the beginning of the email, first, last or company name. */
  search?: string | undefined
  status?: Customer['status'] | undefined
}

const BY_AGE = sortKey({ id: customers.id })

/**
 * Returns the customers within reach: by age, or those that a search finds by what finds them. Who reaches some alone
 * searches among those, by age.
 */
export async function listCustomers(
  db: Database,
  reach: Reach,
  { search, status }: CustomerFilter,
  query: PageQuery,
): Promise<Page<Customer>> {
  const terms = search === undefined ? undefined : termsOf(search)
  if (terms && reach.customers === null) return searchCustomers(db, { terms, status }, query)
  const page = pageRequest(query, BY_AGE)
  const hasStatus = status === undefined ? undefined : eq(customers.status, status)
  const asked = and(hasStatus, terms && or(...terms.map(({ matches }) => matches(false))))
  // No index serves `IS TRUE`: those within reach are fewer than those that match may be.
  const matching = reach.customers === null ? hasStatus : and(isOneOf(reach), asked && sql`${asked} IS TRUE`)
  const ofStatus = status === undefined ? undefined : eq(customerTotals.status, status)
  const { rows, total } = await inOneTrip(db, {
    rows: paged(db.select().from(customers).$dynamic(), BY_AGE, page, matching),
    total:
      reach.customers === null
        ? db
            .select({ rows: sum(customerTotals.total).mapWith(Number) })
            .from(customerTotals)
            .where(ofStatus)
        : db.select({ rows: count() }).from(customers).where(matching),
  })
  return pageOf(rows, total[0]?.rows ?? 0, page, BY_AGE, presentCustomer)
}

/** Returns the terms of a search. No uid and no email begins with an @. */
const termsOf = (search: string): Term[] => [
  ...(search.startsWith('@')
    ? [whole(customers.emailDomain, search.slice(1))]
    : [whole(customers.uid, search), beginning(customers.email, search)]),
  beginning(customers.firstName, search),
  beginning(customers.lastName, search),
  beginning(customers.companyName, search),
]

async function searchCustomers(
  db: Database,
  { terms, status }: { terms: Term[]; status: CustomerFilter['status'] },
  query: PageQuery,
): Promise<Page<Customer>> {
  const page = hitsRequest(query, terms)
  const filter = status === undefined ? undefined : eq(customers.status, status)
  const selects = new SearchSelects({ table: sql`${customers}`, terms, filter }, page)
  const found = await inOneTrip(db, {
    rows: db
      .select({ ...getTableColumns(customers), ...HIT_POSITION })
      .from(selects.hits())
      .innerJoin(customers, sql`customers.id = hit_id`)
      .orderBy(HITS_IN_ORDER),
    ...selects.bounds(db),
  })
  return pageOfHits(found, page, presentCustomer)
}
