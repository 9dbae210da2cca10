import { DrizzleQueryError } from 'drizzle-orm'
import type { DrizzleD1Database } from 'drizzle-orm/d1'
import { drizzle } from 'drizzle-orm/d1'

/**
 * The database as the services use it. `batch` is one round trip and one transaction; D1 gives its rows by column
 * name, so a joined query in a batch must not select two columns of one name: alias them.
 */
export type Database = DrizzleD1Database & { $client: D1Database }

/**
 * Opens the database for one request or one queue batch. The session starts at the primary: who may do what is
 * read there, and what follows sees at least the same state
 * (https://developers.cloudflare.com/d1/best-practices/read-replication/). `onRoundTrip` is called once for each.
 */
export function openDatabase(binding: D1Database, onRoundTrip?: () => void): Database {
  const session = binding.withSession('first-primary')
  // What drizzle calls of a database, and a session has. It tells its logger of each query but those of a batch.
  const client = {
    prepare: (sql: string) => session.prepare(sql),
    batch: (statements: D1PreparedStatement[]) => {
      onRoundTrip?.()
      // drizzle says so where a query fails, but not where a batch does.
      return session.batch(statements).catch((cause: Error) => {
        throw new DrizzleQueryError('a batch', [], cause)
      })
    },
    getBookmark: () => session.getBookmark(),
    another: () => openDatabase(binding, onRoundTrip),
  }
  return drizzle(client as unknown as D1Database, { logger: { logQuery: () => onRoundTrip?.() } })
}

/** How far the database is by what a session has read and written; null before its first query. */
export const bookmarkOf = ({ $client }: Database) => ($client as unknown as D1DatabaseSession).getBookmark()

/** The same database in a session of its own, which starts at the primary again. */
export const anotherSession = ({ $client }: Database): Database =>
  ($client as unknown as { another(): Database }).another()
