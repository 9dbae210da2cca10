import { and, type Column, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { PageRequest } from '../http/pagination.ts'

/** Rows whose column begins with `prefix`: a range, so that an index serves it, in the column's own collation. */
export const startsWith = (column: Column, prefix: string) =>
  and(gte(column, prefix), lt(column, `${prefix}\u{10FFFF}`))

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
