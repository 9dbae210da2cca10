import { sql } from 'drizzle-orm'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { contacts } from '../../db/schema/lists.ts'
import { beginning, HIT_POSITION, HITS_IN_ORDER, SearchSelects } from '../../db/search.ts'
import { hitsRequest, type Page, type PageQuery, pageOfHits } from '../../http/pagination.ts'
import { type Contact, contactColumns, presentContact } from './contacts.service.ts'

/** The columns of a search, in order. */
const COLUMNS = [sql`email`, sql`first_name_key`, sql`last_name_key`]

/**
 * Returns the contacts whose email begins with `search`, then those whose first name does, then those whose last name
 * does; each once, in the order of the matched text.
 * @throws AppError invalid if the cursor names an unknown term
 */
export async function searchContacts(
  scope: CustomerScope,
  search: string,
  query: PageQuery,
): Promise<Page<Contact>> {
  const { db } = scope
  const terms = COLUMNS.map((column) => beginning(column, search))
  const page = hitsRequest(query, terms)
  const within = sql`customer_uid = ${scope.uid}`
  const selects = new SearchSelects({ table: sql`contacts`, within, terms }, page)
  const found = await scope.read({
    rows: db
      .select({ ...contactColumns, ...HIT_POSITION })
      .from(selects.hits())
      .innerJoin(contacts, sql`contacts.id = hit_id`)
      .orderBy(HITS_IN_ORDER),
    ...selects.bounds(db),
  })
  return pageOfHits(found, page, presentContact)
}
