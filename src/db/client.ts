import { DrizzleQueryError } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
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

/** A transaction that is about to run, after statements that are no part of its result. */
export type Trip<Result> = (first: readonly BatchItem<'sqlite'>[]) => Promise<Result>

/** Runs a transaction, or refuses to. */
type Gate = <Result>(trip: Trip<Result>) => Promise<Result>

/** Returns the same database, whose every transaction goes through a gate; nothing runs but by `inOneTrip`. */
export function gatedDatabase({ $client: source }: Database, gate: Gate): Database {
  const alone = () => Promise.reject(new Error('a statement that is in no transaction passes no gate'))
  const prepare = (sql: string) => {
    const statement = source.prepare(sql)
    const bind = (...values: unknown[]) =>
      Object.assign(statement.bind(...values), { run: alone, all: alone, raw: alone })
    return { bind }
  }
  const batch = (statements: D1PreparedStatement[]) =>
    gate(async (first) => {
      const results = await source.batch([...first.map(boundStatement), ...statements])
      return results.slice(first.length)
    })
  return drizzle({ ...source, prepare, batch } as unknown as D1Database)
}

/** Returns a query as D1 runs it, the way drizzle's own `batch` does (drizzle-orm/d1/session.js). */
function boundStatement(item: BatchItem<'sqlite'>): D1PreparedStatement {
  const { stmt, getQuery } = (item as unknown as Preparable)._prepare()
  return stmt.bind(...getQuery().params)
}

interface Preparable {
  _prepare(): { stmt: D1PreparedStatement; getQuery(): { params: unknown[] } }
}
