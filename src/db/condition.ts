import { type SQL, sql } from 'drizzle-orm'
import type { Database } from './client.ts'

/** What an unmet condition fails with: SQLite tells of a path that is none by its text. */
const UNMET = 'a condition of the change does not hold'

/** Returns a statement that fails, and its whole transaction with it, unless a condition holds there. */
export const onlyIf = (db: Database, condition: SQL | undefined) =>
  db
    .select({
      holds: sql<number>`CASE WHEN ${condition ?? sql`TRUE`} THEN 1
        ELSE json_extract('{}', ${sql.raw(`'${UNMET}'`)}) END`.as('holds'),
    })
    .from(sql`(SELECT 1)`)

/** Runs a transaction. Returns undefined if a condition of its `onlyIf` does not hold, and then it did nothing. */
export async function unlessUnmet<Result>(transaction: Promise<Result>): Promise<Result | undefined> {
  try {
    return await transaction
  } catch (error) {
    if (error instanceof Error && `${error.cause}`.includes(UNMET)) return undefined
    throw error
  }
}
