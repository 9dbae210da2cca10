import { DrizzleQueryError } from 'drizzle-orm'
import type { DrizzleD1Database } from 'drizzle-orm/d1'
import { drizzle } from 'drizzle-orm/d1'

/**
 * The database as the services use it. `batch` is one round trip and one transaction; D1 gives its rows by column
 * name, so a joined query in a batch must not select two columns of one name: alias them.
 */
export type Database = DrizzleD1Database & { $client: D1Database }

/** How a database is opened. */
export interface Opening {
  /** Whether replicas may serve what follows the first round trip, and a bookmark tell how far the database is. */
  inSession?: boolean
  /** Called once for each round trip. */
  onRoundTrip?: () => void
}

/**
 * Opens the database for one request or one queue batch. Who may do what is read at the primary, and what follows sees
 * at least the same state: without a session D1 reads nowhere else, whether there are replicas or not, and a session
 * starts there (https://developers.cloudflare.com/d1/best-practices/read-replication/).
 */
export function openDatabase(binding: D1Database, opening: Opening = {}): Database {
  const { inSession = false, onRoundTrip } = opening
  const session = inSession ? binding.withSession('first-primary') : undefined
  const source = session ?? binding
  // What drizzle calls of a database, and a session has. It tells its logger of each query but those of a batch.
  const client = {
    prepare: (sql: string) => source.prepare(sql),
    batch: (statements: D1PreparedStatement[]) => {
      onRoundTrip?.()
      // drizzle says so where a query fails, but not where a batch does.
      return source.batch(statements).catch((cause: Error) => {
        throw new DrizzleQueryError('a batch', [], cause)
      })
    },
    getBookmark: () => session?.getBookmark() ?? null,
    another: () => openDatabase(binding, opening),
  }
  return drizzle(client as unknown as D1Database, { logger: { logQuery: () => onRoundTrip?.() } })
}

/** How far the database is by what a session has read and written; null before its first query, and without one. */
export const bookmarkOf = ({ $client }: Database) => ($client as unknown as D1DatabaseSession).getBookmark()

/** The same database opened anew: what is asked of it first is asked of the primary. */
export const anotherSession = ({ $client }: Database): Database =>
  ($client as unknown as { another(): Database }).another()
