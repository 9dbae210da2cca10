import { and, eq, exists, inArray, type SQL, sql } from 'drizzle-orm'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { boundedTotal, MAX_COUNTED, type PageRequest, paged, sortKey } from '../../db/paging.ts'
import { type PlacesOf, prepared } from '../../db/prepared.ts'
import { customers } from '../../db/schema/customers.ts'
import { contacts, lists, members } from '../../db/schema/lists.ts'
import { type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import type { MemberStatus } from '../lists/members.service.ts'
import { searchContacts } from './contact-search.service.ts'
import { type Contact, contactColumns, presentContact, withEmail } from './contacts.service.ts'

export interface ContactFilter {
  /** A whole email, compared without case. */
  email?: string | undefined
  /** The status in at least one list. */
  status?: MemberStatus | undefined
  /** The beginning of an email or a name, or `@` and a whole domain. Cannot be combined with the others. */
  search?: string | undefined
}

const isDomain = (search: string | undefined) => search?.startsWith('@') ?? true

const BY_AGE = sortKey({ id: contacts.id })

const selectByAge = prepared((db, { uid, ...page }: PlacesOf<{ uid: string } & PageRequest>) =>
  paged(db.select(contactColumns).from(contacts).$dynamic(), BY_AGE, page, eq(contacts.customerUid, uid)),
)

const selectCount = prepared((db, { uid }: PlacesOf<{ uid: string }>) =>
  db
    .select({ total: sql<number | null>`${customers.contactsCount}`.as('total') })
    .from(customers)
    .where(eq(customers.uid, uid)),
)

/** Returns the matching contacts by age, or those whose email or name begins with `search` in that order. */
export async function listContacts(
  scope: CustomerScope,
  filter: ContactFilter,
  query: PageQuery,
): Promise<Page<Contact>> {
  const { email, status, search } = filter
  if (search !== undefined && !isDomain(search)) return searchContacts(scope, search, query)
  const page = pageRequest(query, BY_AGE)
  if (email !== undefined) return findByEmail(scope, email, status, page)
  const { rows, total } = await scope.read(selectPage(scope, filter, page))
  return pageOf(rows, total[0]?.total ?? null, page, BY_AGE, presentContact)
}

/** Selects a page, and the number of all matches. */
function selectPage({ db, uid }: CustomerScope, { status, search }: ContactFilter, page: PageRequest) {
  const ofCustomer = eq(contacts.customerUid, uid)
  const pageOfMatching = (matching: SQL) =>
    paged(db.select(contactColumns).from(contacts).$dynamic(), BY_AGE, page, and(ofCustomer, matching))
  if (status !== undefined)
    return {
      rows: pageOfMatching(inArray(contacts.id, sql`(${withStatus(uid, status, page)})`)),
      total: boundedTotal(db, withStatus(uid, status)),
    }
  if (search !== undefined)
    return {
      rows: pageOfMatching(withDomain(search)),
      total: boundedTotal(db, sql`SELECT id FROM contacts WHERE ${ofCustomer} AND ${withDomain(search)}`),
    }
  return { rows: selectByAge(db, { uid, ...page }), total: selectCount(db, { uid }) }
}

const withDomain = (search: string) => eq(contacts.emailDomain, search.slice(1))

/**
 * Selects the ids of the contacts with a status in at least one list, in order. Each step of the recursion seeks the
 * next id in the index, so a contact in a hundred lists costs as much as one in a single list. Members left by a
 * deleted list do not count.
 */
function withStatus(uid: string, status: MemberStatus, page?: PageRequest): SQL {
  const next = (id: SQL) => sql`(SELECT contact_id FROM list_contacts
    WHERE customer_uid = ${uid} AND status = ${status} AND contact_id > ${id}
      AND EXISTS (SELECT 1 FROM lists WHERE lists.id = list_contacts.list_id)
    ORDER BY contact_id LIMIT 1)`
  // One more than the ids: the recursion ends with a null.
  const limit = (page ? page.offset + page.limit : MAX_COUNTED + 1) + 1
  return sql`WITH RECURSIVE hits(id) AS (
      SELECT ${next(sql`${page?.after?.[0] ?? 0}`)}
      UNION ALL SELECT ${next(sql`hits.id`)} FROM hits WHERE hits.id IS NOT NULL LIMIT ${limit}
    ) SELECT id FROM hits WHERE id IS NOT NULL`
}

/** Returns the page with the contact of this email, of which there is at most one. */
async function findByEmail(
  scope: CustomerScope,
  email: string,
  status: MemberStatus | undefined,
  page: PageRequest,
): Promise<Page<Contact>> {
  const { db } = scope
  const hasStatus = exists(
    db
      .select({ id: lists.id })
      .from(members)
      .innerJoin(lists, eq(lists.id, members.listId))
      .where(and(eq(members.contactId, contacts.id), eq(members.status, status ?? 'subscribed'))),
  )
  const { rows } = await scope.read({
    rows: db
      .select(contactColumns)
      .from(contacts)
      .where(and(withEmail(scope, email), status === undefined ? undefined : hasStatus)),
  })
  const shown = page.page === 1 ? rows : []
  return pageOf(shown, rows.length, page, BY_AGE, presentContact)
}
