import { type Column, is, SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { RunnableQuery } from 'drizzle-orm/runnable-query'
import type { PreparedQuery } from 'drizzle-orm/session'
import type { Database } from './client.ts'
import { failedWith, failsUnless } from './condition.ts'
import { type PlacesOf, prepared } from './prepared.ts'

/** What a failed proof fails with. */
const DISPROVED = 'the answer is another by now'

/** A row that tells by its `stamp` whether it is still the answer. */
export interface Stamped {
  stamp: string
}

/** A question to the database, whose answer is one row or none. */
export interface Question<Row extends Stamped = Stamped> {
  select(db: Database): RunnableQuery<Row[], 'sqlite'>
  /** Returns a statement that fails, and its whole transaction with it, unless the answer is this row still. */
  proof(db: Database, answer: Row | undefined): BatchItem<'sqlite'>
}

/** The row that a question is answered with. */
export type AnswerTo<Asks extends (...args: never) => Question> =
  ReturnType<Asks> extends Question<infer Row> ? Row : never

/** Columns by name, or by name again. */
interface Columns {
  [name: string]: Column | SQL | SQL.Aliased | Columns
}

/** The column `stamp`, a text that is the same only where all of these columns are. */
export const stampOf = (columns: Columns) =>
  sql<string>`json_array(${sql.join(expressionsOf(columns), sql`, `)})`.as('stamp')

function expressionsOf(columns: Columns): SQLWrapper[] {
  return Object.values(columns).flatMap((column) => {
    if (is(column, SQL.Aliased)) return column.sql
    return 'getSQL' in column && typeof column.getSQL === 'function'
      ? (column as SQLWrapper)
      : expressionsOf(column as Columns)
  })
}

/**
 * Returns what makes a question of a request's values. The query that `build` gives has a column `stamp`; it is built
 * once for an isolate, as `prepared` does, and so is its proof.
 */
export function question<Given extends Record<keyof Given, string | number | null>, Row extends Stamped>(
  build: (
    db: Database,
    places: PlacesOf<Given>,
  ) => RunnableQuery<Row[], 'sqlite'> & SQLWrapper & { prepare(): PreparedQuery },
): (values: Given) => Question<Row> {
  const select = prepared(build)
  const proof = prepared((db, { stamp, ...places }: PlacesOf<Given & { stamp: string | null }>) =>
    failsUnless(
      db,
      sql`(SELECT stamp FROM ${build(db, places as unknown as PlacesOf<Given>)}) IS ${stamp}`,
      DISPROVED,
    ),
  )
  return (values) => ({
    select: (db) => select(db, values),
    proof: (db, answer) => proof(db, { ...values, stamp: answer?.stamp ?? null }),
  })
}

/** Whether a transaction failed because a proof did. */
export const isDisproved = (error: unknown) => failedWith(error, DISPROVED)
