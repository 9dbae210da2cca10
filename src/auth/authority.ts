import type { BoundedCache } from '../base/bounded-cache.ts'
import { groupsInOneTrip, inOneTrip, type Results, type Statements } from '../db/batch.ts'
import { anotherSession, type Database, gatedDatabase, type Trip } from '../db/client.ts'
import { isDisproved, type Question } from '../db/question.ts'
import type { Reader } from '../db/reader.ts'
import { AppError, orUnavailable } from '../errors.ts'

/** What is asked of the database about a caller, by names. */
export type Questions = Readonly<Record<string, Question>>

/** The answers to questions, by their names. */
export type Answers<Asked extends Questions> = {
  [Name in keyof Asked]: Asked[Name] extends Question<infer Row> ? Row | undefined : never
}

/** The decision on a call: its questions, and the judge of their answers, who throws the refusal. */
export interface AuthorityCheck<Asked extends Questions, Verdict> {
  /** Made when they are asked, so that they are about that moment. */
  questions(): Asked
  judge(answers: Answers<Asked>): Verdict | Promise<Verdict>
  /** Where the answers are remembered that let a caller in, if none is missing, until some do not. */
  memory?: { of: BoundedCache<Answers<Asked>>; name: string }
  /** Takes back what the judge noted, when remembered answers do not let the caller in. */
  retract?: (() => void) | undefined
}

/** How often what decides on a caller may change while one of its requests runs. */
const MAX_DISPROVED = 3

interface Judged<Asked extends Questions, Verdict> {
  answers: Answers<Asked>
  verdict: Verdict
}

/**
 * The authority of the caller of one request. It is checked once: with the first read in one round trip, by the first
 * transaction of a change, or by itself. D1 runs one query at a time for each database, so a statement that rides along
 * is nearly free and a trip is not.
 */
export class Authority<Asked extends Questions, Verdict> implements Reader {
  readonly db: Database
  /** The answers that let the same caller in before. */
  readonly remembered: Answers<Asked> | undefined
  readonly #check: AuthorityCheck<Asked, Verdict>
  /** What the database said, and what was made of it. */
  #judged: Promise<Judged<Asked, Verdict>> | undefined
  /** What it is expected to say. */
  #presumed: Judged<Asked, Verdict> | undefined
  #isProven = false
  #disproved = 0

  constructor(db: Database, check: AuthorityCheck<Asked, Verdict>) {
    this.db = db
    this.#check = check
    this.remembered = check.memory?.of.get(check.memory.name)
  }

  /** Whether the questions have been put to the database, so that nothing can ride along with them any more. */
  get isAsked(): boolean {
    return this.#judged !== undefined
  }

  /**
   * Returns the verdict on the caller.
   * @throws the refusal, or AppError dependency_unavailable if D1 cannot be asked
   */
  async verify(): Promise<Verdict> {
    this.#judged ??= this.#askAlone()
    return (await this.#judged).verdict
  }

  /**
   * Returns the verdict on what is remembered of the caller, without asking. Nothing may come of it but transactions of
   * `changing`, the first of which proves it. Verifies where nothing is remembered that would let the caller in.
   * @throws as `verify` does
   */
  async presume(): Promise<Verdict> {
    if (this.#judged || !this.remembered) return this.verify()
    try {
      this.#presumed = await this.#judge(this.remembered)
      return this.#presumed.verdict
    } catch {
      this.#check.retract?.()
      return this.verify()
    }
  }

  /**
   * Returns the database for changes. Its first transaction holds the proof that the caller is still what the verdict
   * says, and does nothing if it is not. Then the verdict is asked for again, `permit` may refuse it, and the
   * transaction runs with what it is now.
   */
  changing(permit: (verdict: Verdict) => void = () => {}): Database {
    return gatedDatabase(this.db, (trip) => this.#proving(trip, permit))
  }

  /** The same questions anew, put to the primary: another session may see what this one does not yet. */
  renewed(): Authority<Asked, Verdict> {
    return new Authority(anotherSession(this.db), this.#check)
  }

  async read<const Named extends Statements>(queries: Named): Promise<Results<Named>> {
    if (this.#judged) {
      await this.#judged
      return inOneTrip(this.db, queries)
    }
    const trip = groupsInOneTrip(this.db, [this.#selects(), queries])
    this.#judged = trip.then(
      ([rows]) => this.#judge(this.#answersIn(rows)),
      // What is wrong with a query must not hide who asked for it.
      () => this.#askAlone(),
    )
    await this.#judged
    const [, found] = await trip
    return found
  }

  async #proving<Result>(trip: Trip<Result>, permit: (verdict: Verdict) => void): Promise<Result> {
    if (this.#isProven) return trip([])
    const judged = this.#judged ? await this.#judged : this.#presumed
    if (judged === undefined) {
      permit(await this.verify())
      return this.#proving(trip, permit)
    }
    const attempt = trip(this.#proofs(judged.answers))
    this.#judged = attempt.then(
      () => {
        this.#isProven = true
        return judged
      },
      (error) => this.#judgedAfter(error),
    )
    const { verdict } = await this.#judged
    try {
      return await attempt
    } catch (error) {
      if (!isDisproved(error) || ++this.#disproved === MAX_DISPROVED) throw error
      permit(verdict)
      return this.#proving(trip, permit)
    }
  }

  /** A change that failed may have been done: where that cannot be asked, nobody is told that it was not. */
  #judgedAfter(error: unknown): Promise<Judged<Asked, Verdict>> {
    return this.#askAlone().catch((refusal) => {
      const isOutage = refusal instanceof AppError && refusal.code === 'dependency_unavailable'
      throw isOutage && !isDisproved(error) ? error : refusal
    })
  }

  async #askAlone(): Promise<Judged<Asked, Verdict>> {
    return this.#judge(this.#answersIn(await orUnavailable(inOneTrip(this.db, this.#selects()))))
  }

  #selects(): Statements {
    const named = Object.entries(this.#check.questions())
    return Object.fromEntries(named.map(([name, question]) => [name, question.select(this.db)]))
  }

  #proofs(answers: Answers<Asked>) {
    const named = Object.entries(this.#check.questions())
    return named.map(([name, question]) => question.proof(this.db, answers[name]))
  }

  #answersIn(rows: Results<Statements>): Answers<Asked> {
    const named = Object.entries(rows as Record<string, unknown[]>)
    return Object.fromEntries(named.map(([name, [row]]) => [name, row])) as Answers<Asked>
  }

  async #judge(answers: Answers<Asked>): Promise<Judged<Asked, Verdict>> {
    const { memory } = this.#check
    memory?.of.delete(memory.name)
    const verdict = await this.#check.judge(answers)
    if (Object.values(answers).every(Boolean)) memory?.of.set(memory.name, answers)
    return { answers, verdict }
  }
}
