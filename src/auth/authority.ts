import { groupsInOneTrip, inOneTrip, type Results, type Statements } from '../db/batch.ts'
import { anotherSession, type Database } from '../db/client.ts'
import type { Reader } from '../db/reader.ts'
import { orUnavailable } from '../errors.ts'

/** The decision on a call: its queries, and the judge of their rows, which throws the refusal. */
export interface AuthorityCheck<Checked extends Statements, Verdict> {
  /** Made when they are asked, so that they are about that moment. */
  queries(db: Database): Checked
  judge(rows: Results<Checked>): Verdict | Promise<Verdict>
}

/**
 * The authority of the caller of one request. It is checked once: with the first read in one round trip, or by itself.
 * D1 runs one query at a time for each database, so a statement that rides along is nearly free and a trip is not.
 */
export class Authority<Checked extends Statements, Verdict> implements Reader {
  readonly db: Database
  readonly #check: AuthorityCheck<Checked, Verdict>
  #verdict: Promise<Verdict> | undefined

  constructor(db: Database, check: AuthorityCheck<Checked, Verdict>) {
    this.db = db
    this.#check = check
  }

  /** Whether the question has been put to the database, so that nothing can ride along with it any more. */
  get isAsked(): boolean {
    return this.#verdict !== undefined
  }

  /**
   * Returns the verdict on the caller.
   * @throws the refusal, or AppError dependency_unavailable if D1 cannot be asked
   */
  verify(): Promise<Verdict> {
    this.#verdict ??= this.#askAlone()
    return this.#verdict
  }

  /** The same question anew, put to the primary: another session may see what this one does not yet. */
  renewed(): Authority<Checked, Verdict> {
    return new Authority(anotherSession(this.db), this.#check)
  }

  async #askAlone(): Promise<Verdict> {
    return this.#check.judge(await orUnavailable(inOneTrip(this.db, this.#check.queries(this.db))))
  }

  async read<const Named extends Statements>(queries: Named): Promise<Results<Named>> {
    if (this.#verdict) {
      await this.#verdict
      return inOneTrip(this.db, queries)
    }
    const check = this.#check
    const trip = groupsInOneTrip(this.db, [check.queries(this.db), queries])
    this.#verdict = trip.then(
      ([checked]) => check.judge(checked),
      // What is wrong with a query must not hide who asked for it.
      () => this.#askAlone(),
    )
    await this.#verdict
    const [, found] = await trip
    return found
  }
}
