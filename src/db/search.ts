import { and, type Column, eq, or, type SQL, sql } from 'drizzle-orm'
import type { Database } from './client.ts'
import { begins, boundedTotal, MAX_OFFSET, type PageRequest, rangesPast, startsWith } from './paging.ts'

/**
 * The most rows of one term that a page examines for what no earlier term has shown. Past that the page ends short and
 * its cursor goes on from there, so it has a bound, however many Annas write from anna@. Earlier terms have shown what
 * it passes over, so a page by its number is full all the same, unless a filter keeps some of it out.
 */
const MAX_EXAMINED = 1_000

/** A column that is searched, by an index of its own that ends with the rowid. */
export interface Term {
  column: Column | SQL
  /** The condition for a match, with a cursor in the range of the index or without. */
  matches(withCursor: boolean): SQL
  /** Whether a text of the column matches. */
  finds(text: string): boolean
}

/** Finds what begins with a text. */
export const beginning = (column: Column | SQL, text: string): Term => ({
  column,
  matches: (withCursor) => startsWith(column, text, withCursor),
  finds: (found) => begins(found, text),
})

/** Finds what is a text as a whole. */
export const whole = (column: Column, text: string): Term => ({
  column,
  matches: () => eq(column, text),
  finds: (found) => found.length === text.length && begins(found, text),
})

/** What is searched, and for what. */
export interface Search {
  /** The table, which has an `id`. */
  table: SQL
  /** Which of its rows there are for this search, by the beginning of each index. */
  within?: SQL | undefined
  /** In the order in which hits are shown; five at most, as D1 takes no more terms of a union. */
  terms: readonly Term[]
  /** What hits have to be besides, which no index knows. */
  filter?: SQL | undefined
}

/** The position of a hit: the index of its term, the matched text, the id. */
export const HIT_POSITION = {
  term: sql<number>`term`.as('term'),
  found: sql<string>`found`.as('found'),
  hitId: sql<number>`hit_id`.as('hit_id'),
}

export type HitPosition = { term: number; found: string; hitId: number }

/** The order of hits: by term, then by the matched text. */
export const HITS_IN_ORDER = sql`term, found COLLATE NOCASE, hit_id`

/** The subqueries of a page of a search. Each hit is shown by the first term that finds it. */
export class SearchSelects {
  readonly #search: Search
  readonly #page: PageRequest

  constructor(search: Search, page: PageRequest) {
    this.#search = search
    this.#page = page
  }

  /** The hits of a page, and one more. */
  hits(): SQL {
    const { offset, limit } = this.#page
    const parts = this.#termsToDo().map((term) => {
      const examined = sql`${this.#inOrder(term)} LIMIT ${this.#maxExamined}`
      return sql`SELECT term, found, hit_id FROM (${examined}) WHERE is_shown LIMIT ${offset + limit}`
    })
    return sql`(${union(parts)} ORDER BY ${HITS_IN_ORDER} LIMIT ${limit} OFFSET ${offset})`
  }

  /** The queries for where the page has to end at the latest, and for how many there are in all. */
  bounds(db: Database) {
    return {
      ends: db.select(HIT_POSITION).from(this.#ends()).orderBy(sql`term`).limit(1),
      total: boundedTotal(db, this.#matches()),
    }
  }

  /** A page by its number is not to end short, for the next number does not go on from there. */
  get #maxExamined(): number {
    const { after, offset } = this.#page
    return (this.#search.filter && !after ? MAX_OFFSET : MAX_EXAMINED) + offset
  }

  /** The last examined row of each term that has more. Where every match is shown a term has no end. */
  #ends(): SQL {
    const parts = this.#termsToDo()
      .filter((term) => term > 0 || this.#search.filter)
      .map(
        (term) =>
          sql`SELECT term, found, hit_id FROM (${this.#inOrder(term)} LIMIT 1 OFFSET ${this.#maxExamined - 1})`,
      )
    return sql`(${union(parts)})`
  }

  /** The ids of all matches, of every term; NULL for those that the filter keeps out. */
  #matches(): SQL {
    const { terms, filter } = this.#search
    const id = filter ? sql`iif(${filter}, id, NULL) AS id` : sql`id`
    return union(terms.map((term) => sql`SELECT ${id} ${this.#matching(term)}`))
  }

  /** The terms that the page can show hits of: those before the cursor's are done. */
  #termsToDo(): number[] {
    const first = Number(this.#page.after?.[0] ?? 0)
    return this.#search.terms.map((_, index) => index).slice(first)
  }

  #inOrder(index: number): SQL {
    const { terms, filter } = this.#search
    const term = terms[index] as Term
    const earlier = or(...terms.slice(0, index).map(({ matches }) => matches(false)))
    const isShown = and(earlier && sql`${earlier} IS NOT TRUE`, filter) ?? sql`TRUE`
    const ranges = this.#rangesOf(index, term).map(
      (range) => sql`SELECT ${sql.raw(`${index}`)} AS term, ${term.column} AS found, id AS hit_id,
        ${isShown} AS is_shown ${this.#matching(term, this.#page.after?.[0] === index)} AND ${range}`,
    )
    return sql`${sql.join(ranges, sql` UNION ALL `)} ORDER BY found, hit_id`
  }

  #matching({ matches }: Term, withCursor = false): SQL {
    const { table, within } = this.#search
    return sql`FROM ${table} WHERE ${and(within, matches(withCursor))}`
  }

  /** The matches that the page can show: of the cursor's term those past it. */
  #rangesOf(index: number, { column }: Term): SQL[] {
    const [cursorTerm, ...position] = this.#page.after ?? []
    return cursorTerm === index ? rangesPast([column, sql`id`], position) : [sql`TRUE`]
  }
}

const union = (parts: SQL[]) =>
  sql.join(
    parts.map((part) => sql`SELECT * FROM (${part})`),
    sql` UNION ALL `,
  )
