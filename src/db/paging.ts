import { and, type Column, desc, type SQL, sql } from 'drizzle-orm'
import type { SQLiteSelect } from 'drizzle-orm/sqlite-core'
import type { Database } from './client.ts'
import type { Bindable } from './prepared.ts'

/** Counting reads every row, so where no counter is kept a total is told up to here only. */
export const MAX_COUNTED = 1_000

/** OFFSET reads every row it skips, so that far in only the cursor is cheap. */
export const MAX_OFFSET = 10_000

/** The values of a sort key in one row. */
export type Position = readonly (string | number)[]

/** Which part of a collection is asked for: either past a position or at an offset. */
export interface PageRequest {
  page: number
  perPage: number
  /** How many rows are fetched: one more than a page holds tells that there is a next. */
  limit: number
  offset: number
  after: Position | undefined
}

/** Which rows a query gives of all that match, as far as it is made before the request. */
interface Rows {
  limit: Bindable<number>
  offset: Bindable<number>
  after: readonly Bindable<string | number>[] | undefined
}

/** The sort key of a collection. */
export interface SortKey<Row> {
  /** In the order in which they count; all of them together tell rows apart. */
  columns: readonly (Column | SQL)[]
  types: readonly ('string' | 'number')[]
  isDescending: boolean
  positionOf(row: Row): Position
}

/** The sort key of columns, by the names that they have in the rows that are selected. */
export function sortKey<Name extends string>(
  columns: Record<Name, Column>,
  direction: 'ascending' | 'descending' = 'ascending',
): SortKey<Record<Name, string | number | null>> {
  const named = Object.entries<Column>(columns)
  return {
    columns: named.map(([, column]) => column),
    types: named.map(([, { dataType }]) => (dataType === 'number' ? 'number' : 'string')),
    isDescending: direction === 'descending',
    positionOf: (row) => named.map(([name]) => row[name as Name] ?? ''),
  }
}

/** Lets a query give the page that is asked for, in order, of the rows that match; and one row more, if there is one. */
export const paged = <Query extends SQLiteSelect>(
  query: Query,
  key: Pick<SortKey<never>, 'columns' | 'isDescending'>,
  page: Rows,
  matching?: SQL,
): Query =>
  query
    .where(and(matching, past(key, page)))
    .orderBy(...inOrder(key))
    .limit(page.limit)
    .offset(page.offset) as Query

/** The order of a key, for SQL. */
export const inOrder = ({ columns, isDescending }: Pick<SortKey<never>, 'columns' | 'isDescending'>) =>
  columns.map((column) => (isDescending ? desc(column) : sql`${column}`))

/** Rows past the position that a cursor holds. */
export function past(
  { columns, isDescending }: Pick<SortKey<never>, 'columns' | 'isDescending'>,
  { after }: Pick<Rows, 'after'>,
): SQL | undefined {
  if (!after) return undefined
  const list = (items: readonly unknown[]) =>
    sql.join(
      items.map((item) => sql`${item}`),
      sql`, `,
    )
  return sql`(${list(columns)}) ${sql.raw(isDescending ? '<' : '>')} (${list(after)})`
}

/**
 * Rows past the position that a cursor holds, in parts for a UNION ALL: those past its id among the equal ones, then
 * those past its value. Each part is a range of an index that ends with the rowid, and SQLite merges them in order
 * without reading on. For a comparison of rows it seeks to the first of the equal ones, however many those are.
 */
export function rangesPast(
  [value, id]: readonly [Column | SQL, Column | SQL],
  [foundValue, foundId]: Position,
): [amongEqual: SQL, later: SQL] {
  return [sql`${value} = ${foundValue} AND ${id} > ${foundId}`, sql`${value} > ${foundValue}`]
}

/**
 * Rows whose text begins with `prefix`: a range, so that an index serves it, in the column's own collation. With a
 * cursor in the range the index is to start at that, so the beginning of the range is kept from it (by the unary +,
 * https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_).
 */
export const startsWith = (column: Column | SQL, prefix: string, withCursor = false) =>
  sql`(${withCursor ? sql`+` : sql``}${column} >= ${prefix} AND ${column} < ${`${prefix}\u{10FFFF}`})`

/** Returns whether `startsWith` finds a text: ASCII letters lose their case, as they do in D1's NOCASE. */
export const begins = (text: string, prefix: string) => folded(text).startsWith(folded(prefix))

const folded = (text: string) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** The query for how many different ids a SELECT of `id` gives; null if it gives more than are counted. */
export const boundedTotal = (db: Database, ids: SQL) =>
  db
    .select({
      total: sql<number | null>`iif(count(*) > ${MAX_COUNTED}, NULL, count(DISTINCT id))`.as('total'),
    })
    .from(sql`(${ids} LIMIT ${MAX_COUNTED + 1})`)
