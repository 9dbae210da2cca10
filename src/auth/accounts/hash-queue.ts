import { within } from '../../base/within.ts'
import { AppError } from '../../errors.ts'
import { HEADERS } from '../../http/headers.ts'

/**
 * Places for logins: what an isolate hashes in a little over a second, at 60 to 70 ms each, so that nobody waits for
 * longer than a person at a login does without trouble.
 */
export const LOGIN_PLACES = 16

/** How many of them browsers get: from one anyone can try, who must not keep out those who come through a client. */
export const BROWSER_PLACES = 8

/** Places for staff who are logged in already, whom a flood of logins must not keep from changing a password. */
export const STAFF_PLACES = 32

/** When to try again: the queue is empty within seconds. */
const RETRY_AFTER_SECONDS = '2'

/**
 * How long the isolate is left to other requests before each hash. One of them comes back several times, once for each
 * answer of D1, and each time it would wait for a whole hash.
 */
const PAUSE_MS = 10

/** How long one may wait for the turn of another that never ends: the platform cancelled its request. */
const MAX_TURN_MS = 5_000

/** After which a place counts as free although nobody gave it back, for the same reason. Longer than any request. */
const MAX_STAY_MS = 60_000

const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/**
 * The queue before what blocks an isolate: one at a time, in order, with a pause before each, and a bound on how many
 * wait. It holds whatever becomes of those in it: a request that is cancelled never runs on, not even to `finally`.
 */
export class HashQueue {
  /** Who has a place, and until when at most. */
  readonly #places = new Map<symbol, number>()
  /** Ends when it is the next one's turn. */
  #lastTurn: Promise<void> = Promise.resolve()

  /**
   * Runs `use` with a place in the queue, which `takeTurn` then waits in as often as it is called.
   * Throws `throttled` if `places` are taken, before anything is done.
   */
  async withPlace<Result>(
    places: number,
    use: (takeTurn: <Made>(make: () => Made) => Promise<Made>) => Promise<Result>,
  ): Promise<Result> {
    const place = this.#takePlace(places)
    try {
      return await use((make) => this.#takeTurn(make))
    } finally {
      this.#places.delete(place)
    }
  }

  #takePlace(places: number): symbol {
    // Not the clock of a request: this outlives it.
    const now = Date.now()
    for (const [place, end] of this.#places) if (end <= now) this.#places.delete(place)
    if (this.#places.size >= places)
      throw new AppError('throttled', { headers: { [HEADERS.RETRY_AFTER]: RETRY_AFTER_SECONDS } })
    const place = Symbol('place')
    this.#places.set(place, now + MAX_STAY_MS)
    return place
  }

  async #takeTurn<Made>(make: () => Made): Promise<Made> {
    const before = this.#lastTurn
    const turn = Promise.withResolvers<void>()
    this.#lastTurn = turn.promise
    try {
      await within(MAX_TURN_MS, before).catch(() => undefined)
      await wait(PAUSE_MS)
      return make()
    } finally {
      turn.resolve()
    }
  }
}
