import { type Column, type SQL, sql } from 'drizzle-orm'
import type { PageRequest } from '../http/pagination.ts'
import type { Database } from './client.ts'

/** Counting reads every row, so where no counter is kept a total is told up to here only. */
export const MAX_COUNTED = 1_000

/**
 * Rows whose text begins with `prefix`: a range, so that an index serves it, in the column's own collation. With a
 * cursor in the range the index is to start at that, so the beginning of the range is kept from it (by the unary +,
 * https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_).
 */
export const startsWith = (column: Column | SQL, prefix: string, withCursor = false) =>
  sql`(${withCursor ? sql`+` : sql``}${column} >= ${prefix} AND ${column} < ${`${prefix}\u{10FFFF}`})`

/** Rows past the position a cursor holds, in the order of these columns, all of them ascending or all descending. */
export function past(
  columns: (Column | SQL)[],
  { after }: Pick<PageRequest, 'after'>,
  order: 'ascending' | 'descending' = 'ascending',
): SQL | undefined {
  if (!after) return undefined
  const list = (items: readonly unknown[]) =>
    sql.join(
      items.map((item) => sql`${item}`),
      sql`, `,
    )
  const beyond = sql.raw(order === 'ascending' ? '>' : '<')
  return sql`(${list(columns)}) ${beyond} (${list(after)})`
}

/** The query for how many different ids a SELECT of `id` gives; null if it gives more than are counted. */
export const boundedTotal = (db: Database, ids: SQL) =>
  db
    .select({
      total: sql<number | null>`iif(count(*) > ${MAX_COUNTED}, NULL, count(DISTINCT id))`.as('total'),
    })
    .from(sql`(${ids} LIMIT ${MAX_COUNTED + 1})`)
