import type { BatchItem, BatchResponse } from 'drizzle-orm/batch'
import type { Database } from '../db/client.ts'
import { orUnavailable } from '../errors.ts'

type Query = BatchItem<'sqlite'>
type Queries = readonly [Query, ...Query[]]

/** What a customer endpoint gets: whose data it is about, and the way to it. Who is calling is not its business. */
export interface CustomerScope {
  readonly uid: string
  readonly db: Database
  /** Runs queries in one D1 round trip, none of whose rows come back unless the caller may see them. */
  read<const Batch extends Queries>(queries: Batch): Promise<BatchResponse<Batch>>
}

/** Whether a caller may act for a customer: the query that tells, and the judge of its rows, who throws the refusal. */
export interface AuthorityCheck<Rows> {
  query: Query & PromiseLike<Rows>
  judge: (rows: Rows) => void
}

/**
 * The scope of one request. The authority check is made once: with the first read in one round trip, or by itself.
 * D1 runs one query at a time for each database, so a statement that rides along is nearly free and a trip is not.
 */
export class CustomerAccess<Rows> implements CustomerScope {
  readonly uid: string
  readonly db: Database
  readonly #check: AuthorityCheck<Rows>
  #verdict: Promise<void> | undefined

  /** `rows`: what the check's query gave, where it had to be run before to learn whose scope this is. */
  constructor(uid: string, db: Database, check: AuthorityCheck<Rows>, rows?: Rows) {
    this.uid = uid
    this.db = db
    this.#check = check
    if (rows === undefined) return
    check.judge(rows)
    this.#verdict = Promise.resolve()
  }

  /**
   * Resolves if the caller may act for the customer.
   * @throws the refusal, or AppError dependency_unavailable if D1 cannot be asked
   */
  verify(): Promise<void> {
    this.#verdict ??= orUnavailable(Promise.resolve(this.#check.query)).then(this.#check.judge)
    return this.#verdict
  }

  async read<const Batch extends Queries>(queries: Batch): Promise<BatchResponse<Batch>> {
    if (this.#verdict) {
      await this.#verdict
      return this.db.batch(queries) as Promise<BatchResponse<Batch>>
    }
    const batch = orUnavailable(this.db.batch([this.#check.query, ...queries]))
    this.#verdict = batch.then(([rows]) => this.#check.judge(rows as Rows))
    await this.#verdict
    const [, ...results] = await batch
    return results as BatchResponse<Batch>
  }
}
