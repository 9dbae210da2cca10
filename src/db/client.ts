import type { DrizzleD1Database } from 'drizzle-orm/d1'
import { drizzle } from 'drizzle-orm/d1'

/**
 * The database as the services use it. `batch` is one round trip and one transaction; D1 gives its rows by column
 * name, so a joined query in a batch must not select two columns of one name: alias them.
 */
export type Database = DrizzleD1Database

/**
 * Opens the database for one request or one queue batch. The session starts at the primary: who may do what is
 * read there, and what follows sees at least the same state
 * (https://developers.cloudflare.com/d1/best-practices/read-replication/).
 */
export function openDatabase(binding: D1Database): Database {
  // A session has the two methods drizzle calls, prepare() and batch(), but not the type it asks for.
  return drizzle(binding.withSession('first-primary') as unknown as D1Database)
}
