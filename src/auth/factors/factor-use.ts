import type { SQL } from 'drizzle-orm'
import type { Statements } from '../../db/batch.ts'
import type { Factor } from '../callers/session.ts'

/** A factor that was shown, as far as this can be told outside of the transaction in which it counts. */
export interface FactorUse {
  factor: Factor
  /** Whether it can be used still: for its transaction to depend on. */
  condition: SQL | undefined
  /** What uses it up, in the same transaction. */
  statements: Statements
}
