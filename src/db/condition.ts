import { type SQL, sql } from 'drizzle-orm'
import type { Database } from './client.ts'

/** What an unmet condition fails with. */
const UNMET = 'a condition of the change does not hold'

/**
 * Returns a statement that fails with a text of ours, and its whole transaction with it, unless a condition holds there:
 * SQLite tells of a path that is none by its text.
 */
export const failsUnless = (db: Database, condition: SQL, text: string) =>
  db
    .select({
      holds: sql<number>`CASE WHEN ${condition} THEN 1
        ELSE json_extract('{}', ${sql.raw(`'${text}'`)}) END`.as('holds'),
    })
    .from(sql`(SELECT 1)`)

/** Whether a transaction failed with such a text. */
export const failedWith = (error: unknown, text: string): boolean =>
  error instanceof Error && `${error.cause}`.includes(text)

/** Returns a statement that fails, and its whole transaction with it, unless a condition holds there. */
export const onlyIf = (db: Database, condition: SQL | undefined) =>
  failsUnless(db, condition ?? sql`TRUE`, UNMET)

/** Runs a transaction. Returns undefined if a condition of its `onlyIf` does not hold, and then it did nothing. */
export async function unlessUnmet<Result>(transaction: Promise<Result>): Promise<Result | undefined> {
  try {
    return await transaction
  } catch (error) {
    if (failedWith(error, UNMET)) return undefined
    throw error
  }
}
