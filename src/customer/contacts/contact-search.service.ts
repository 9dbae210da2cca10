import { type SQL, sql } from 'drizzle-orm'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { boundedTotal, type PageRequest, rangesPast, startsWith } from '../../db/paging.ts'
import { contacts } from '../../db/schema/lists.ts'
import { FIELD_TEXT, invalidField } from '../../errors.ts'
import { cursorAfter, type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import { type Contact, contactColumns, presentContact } from './contacts.service.ts'

/** The columns of a search, in order, each with an index of its own. */
const TERMS = [sql`email`, sql`first_name_key`, sql`last_name_key`]

/**
 * The most rows of one term that a page examines for contacts that no earlier term has shown. Past that the page ends
 * short and its cursor goes on from there, so it has a bound, however many Annas write from anna@.
 */
const MAX_EXAMINED = 1_000

/** The position of a hit: the index of its term, the matched text, the contact's id. */
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

/** The subqueries of a search. */
class SearchSelects {
  readonly #uid: string
  readonly #search: string
  readonly #page: PageRequest

  constructor(uid: string, search: string, page: PageRequest) {
    this.#uid = uid
    this.#search = search
    this.#page = page
  }

  /** The hits of a page, and one more. */
  hits(): SQL {
    const { offset, limit } = this.#page
    const parts = this.#termsToDo().map((term) => {
      const examined = sql`${this.#inOrder(term)} LIMIT ${MAX_EXAMINED + offset}`
      return sql`SELECT term, found, hit_id FROM (${examined}) WHERE shown_before IS NOT TRUE LIMIT ${offset + limit}`
    })
    return sql`(${union(parts)} ORDER BY term, found COLLATE NOCASE, hit_id LIMIT ${limit} OFFSET ${offset})`
  }

  /** The last examined row of each term that has more. Every match of an email is shown, so that term has no end. */
  ends(): SQL {
    const last = MAX_EXAMINED + this.#page.offset - 1
    const parts = this.#termsToDo()
      .filter((term) => term > 0)
      .map((term) => sql`SELECT term, found, hit_id FROM (${this.#inOrder(term)} LIMIT 1 OFFSET ${last})`)
    return sql`(${union(parts)})`
  }

  /** The ids of all matches, of every term. */
  matches(): SQL {
    return union(TERMS.map((_, term) => sql`SELECT id ${this.#matchesOf(term)}`))
  }

  /** The terms that the page can show hits of: those before the cursor's are done. */
  #termsToDo(): number[] {
    const first = Number(this.#page.after?.[0] ?? 0)
    return TERMS.map((_, term) => term).filter((term) => term >= first)
  }

  #inOrder(term: number): SQL {
    const earlier = TERMS.slice(0, term).map((_, before) => this.#begins(before))
    const shownBefore = earlier.length === 0 ? sql`FALSE` : sql.join(earlier, sql` OR `)
    const ranges = this.#rangesOf(term).map(
      (range) => sql`SELECT ${sql.raw(`${term}`)} AS term, ${TERMS[term]} AS found, id AS hit_id,
        ${shownBefore} AS shown_before ${this.#matchesOf(term)} AND ${range}`,
    )
    return sql`${sql.join(ranges, sql` UNION ALL `)} ORDER BY found, hit_id`
  }

  #matchesOf(term: number): SQL {
    return sql`FROM contacts WHERE customer_uid = ${this.#uid} AND ${this.#begins(term)}`
  }

  #begins(term: number): SQL {
    return startsWith(TERMS[term] ?? sql`NULL`, this.#search, this.#page.after?.[0] === term)
  }

  /** The matches that the page can show: of the cursor's term those past it. */
  #rangesOf(term: number): SQL[] {
    const [cursorTerm, ...position] = this.#page.after ?? []
    const column = TERMS[term]
    return cursorTerm === term && column ? rangesPast([column, sql`id`], position) : [sql`TRUE`]
  }
}

const union = (parts: SQL[]) =>
  sql.join(
    parts.map((part) => sql`SELECT * FROM (${part})`),
    sql` UNION ALL `,
  )
