import { type SQL, sql } from 'drizzle-orm'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { boundedTotal, type PageRequest, startsWith } from '../../db/paging.ts'
import { contacts } from '../../db/schema/lists.ts'
import { FIELD_TEXT, invalidField } from '../../errors.ts'
import { cursorAfter, type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import { type Contact, contactColumns, presentContact } from './contacts.service.ts'

/** What a search looks at, one after the other, each through an index of its own. */
const TERMS = [sql`email`, sql`first_name_key`, sql`last_name_key`]

/**
 * How many rows of one term a page looks through for contacts that no earlier term has shown. Past that it ends
 * short, and its cursor goes on from there: so it has a bound, however many Annas write from anna@.
 */
const MAX_EXAMINED = 1_000

/** Where a hit stands: the index of its term, the text found, the contact's id. */
const HIT_POSITION = {
  term: sql<number>`term`.as('term'),
  found: sql<string>`found`.as('found'),
  hitId: sql<number>`hit_id`.as('hit_id'),
}

type HitPosition = { term: number; found: string; hitId: number }

const BY_TERM = {
  types: ['number', 'string', 'number'],
  positionOf: ({ term, found, hitId }: HitPosition) => [term, found, hitId],
} as const

/**
 * The contacts whose email begins with `search`, then those whose first name does, then those whose last name does;
 * each once, in the order of what was found.
 * @throws AppError invalid if the cursor names a term that there is not
 */
export async function searchContacts(
  scope: CustomerScope,
  search: string,
  query: PageQuery,
): Promise<Page<Contact>> {
  const { db } = scope
  const page = pageRequest(query, BY_TERM)
  if (page.after && !(Number(page.after[0]) in TERMS)) throw invalidField('cursor', FIELD_TEXT.invalid)
  const parts = new SearchSelects(scope.uid, search, page)
  const { rows, ends, total } = await scope.read({
    rows: db
      .select({ ...contactColumns, ...HIT_POSITION })
      .from(parts.hits())
      .innerJoin(contacts, sql`contacts.id = hit_id`)
      .orderBy(sql`term, found COLLATE NOCASE, hit_id`),
    ends: db.select(HIT_POSITION).from(parts.ends()).orderBy(sql`term`).limit(1),
    total: boundedTotal(db, parts.matches()),
  })
  const [end] = ends
  const shown = end ? rows.filter(({ term }) => term <= end.term) : rows
  const found = pageOf(shown, total[0]?.total ?? null, page, BY_TERM, presentContact)
  return {
    ...found,
    nextCursor: found.nextCursor ?? (end ? cursorAfter(page, BY_TERM.positionOf(end)) : null),
  }
}

/** The parts of a search, as sources of rows to select from. */
class SearchSelects {
  readonly #uid: string
  readonly #search: string
  readonly #page: PageRequest

  constructor(uid: string, search: string, page: PageRequest) {
    this.#uid = uid
    this.#search = search
    this.#page = page
  }

  /** One more than the page shows. */
  hits(): SQL {
    const { offset, limit } = this.#page
    const parts = this.#termsToDo().map((term) => {
      const examined = sql`${this.#inOrder(term)} LIMIT ${MAX_EXAMINED + offset}`
      return sql`SELECT term, found, hit_id FROM (${examined}) WHERE shown_before IS NOT TRUE LIMIT ${offset + limit}`
    })
    return sql`(${union(parts)} ORDER BY term, found COLLATE NOCASE, hit_id LIMIT ${limit} OFFSET ${offset})`
  }

  /** The last row examined of each term of which more are left; no email is examined in vain, so they have no end. */
  ends(): SQL {
    const last = MAX_EXAMINED + this.#page.offset - 1
    const parts = this.#termsToDo()
      .filter((term) => term > 0)
      .map((term) => sql`SELECT term, found, hit_id FROM (${this.#inOrder(term)} LIMIT 1 OFFSET ${last})`)
    return sql`(${union(parts)})`
  }

  /** A SELECT of the ids of all matches, of every term. */
  matches(): SQL {
    return union(TERMS.map((_, term) => sql`SELECT id ${this.#matchesOf(term)}`))
  }

  /** The terms that the page can show hits of: a cursor leaves those before its own behind. */
  #termsToDo(): number[] {
    const first = Number(this.#page.after?.[0] ?? 0)
    return TERMS.map((_, term) => term).filter((term) => term >= first)
  }

  #inOrder(term: number): SQL {
    const column = TERMS[term]
    const earlier = TERMS.slice(0, term).map((_, before) => this.#begins(before))
    const shownBefore = earlier.length === 0 ? sql`FALSE` : sql.join(earlier, sql` OR `)
    return sql`SELECT ${sql.raw(`${term}`)} AS term, ${column} AS found, id AS hit_id, ${shownBefore} AS shown_before
      ${this.#matchesOf(term)} ${this.#past(term)} ORDER BY ${column}, id`
  }

  #matchesOf(term: number): SQL {
    return sql`FROM contacts WHERE customer_uid = ${this.#uid} AND ${this.#begins(term)}`
  }

  #begins(term: number): SQL {
    return startsWith(TERMS[term] ?? sql`NULL`, this.#search, this.#page.after?.[0] === term)
  }

  #past(term: number): SQL {
    const [cursorTerm, found, id] = this.#page.after ?? []
    return cursorTerm === term ? sql`AND (${TERMS[term]}, id) > (${found}, ${id})` : sql``
  }
}

const union = (parts: SQL[]) =>
  sql.join(
    parts.map((part) => sql`SELECT * FROM (${part})`),
    sql` UNION ALL `,
  )
