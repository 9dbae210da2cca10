import type { Results, Statements } from './batch.ts'
import type { Database } from './client.ts'

/** The way to the data for a caller whose authority may not be known yet. */
export interface Reader {
  readonly db: Database
  /** Runs queries in one D1 round trip, none of whose rows come back unless the caller may see them. */
  read<const Named extends Statements>(queries: Named): Promise<Results<Named>>
  /** The database for changes, none of which happens unless the caller may make it. */
  changing(): Database
  /** A reader that asks for the caller's authority once more, for what goes on after the answer has begun. */
  renewed(): Reader
}
