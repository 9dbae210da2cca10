import type { Results, Statements } from './batch.ts'
import type { Database } from './client.ts'

/** The way to the data for a caller whose authority may not be known yet. */
export interface Reader {
  readonly db: Database
  /**
   * Resolves once the caller's authority is known, which it asks for by itself: before what no transaction can hold back,
   * such as a call to another service.
   * @throws the refusal
   */
  verify(): Promise<unknown>
  /** Runs queries in one D1 round trip, none of whose rows come back unless the caller may see them. */
  read<const Named extends Statements>(queries: Named): Promise<Results<Named>>
  /** The database for changes, none of which happens unless the caller may make it. */
  changing(): Database
  /** A reader that asks for the caller's authority once more, for what goes on after the answer has begun. */
  renewed(): Reader
}
