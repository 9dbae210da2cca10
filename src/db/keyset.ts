import { and, type Column, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { PageRequest } from '../http/pagination.ts'

/** Rows whose column begins with `prefix`: a range, so that an index serves it, in the column's own collation. */
export const startsWith = (column: Column, prefix: string) =>
  and(gte(column, prefix), lt(column, `${prefix}\u{10FFFF}`))

/** Rows past the position a cursor holds, in the order of these columns. */
export function past(columns: Column[], { after }: PageRequest): SQL | undefined {
  if (!after) return undefined
  const list = (items: readonly unknown[]) =>
    sql.join(
      items.map((item) => sql`${item}`),
      sql`, `,
    )
  return sql`(${list(columns)}) > (${list(after)})`
}
