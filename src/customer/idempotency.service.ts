import { and, eq, gt, lte, type SQL, sql } from 'drizzle-orm'
import type { Change, CustomerScope, RowsOf, Selects } from '../auth/customer-scope.ts'
import { anotherSession, type Database } from '../db/client.ts'
import { idempotencyKeys } from '../db/schema/customers.ts'
import { AppError } from '../errors.ts'

/** How long the result of a request is kept for its repetitions. */
const KEPT_MS = 24 * 60 * 60 * 1000

/** A request with an `Idempotency-Key`. */
export interface RepeatableRequest {
  key: string
  /** The hash of the request: a repetition has the same. */
  fingerprint: string
  /** Tells the request from its repetitions. */
  requestId: string
  now: number
}

/**
 * Returns a scope for a request whose transactions each run once, however often, and however many at once, the
 * request is sent. The results of their selects are stored in the transaction itself, so wherever a run is cut off, a
 * repetition finds what ran and runs the rest. `onStep` is called for each transaction, with whether another request
 * had run it before.
 * @throws AppError idempotency_key_reused from `write` if the key was used for another request
 */
export function repeatableScope(
  scope: CustomerScope,
  request: RepeatableRequest,
  onStep: (isReplay: boolean) => void,
): CustomerScope {
  let steps = 0
  return {
    ...scope,
    async write<Before extends Selects, After extends Selects>(change: Change<Before, After>) {
      const step = new Step(scope, request, steps++)
      try {
        const found = await scope.write({ ...change, statements: step.keeping(change) })
        onStep(false)
        return found
      } catch (error) {
        if (error instanceof AppError) throw error
        // It ran into the row of an earlier run; or nobody knows whether it ran, and its own row tells. A session that
        // began before may be served by a replica that has neither.
        const kept = await step.kept(anotherSession(scope.db)).catch(() => undefined)
        if (!kept) throw error
        if (kept.fingerprint !== request.fingerprint) throw new AppError('idempotency_key_reused')
        onStep(kept.requestId !== request.requestId)
        return rowsOf({ ...change.before, ...change.after }, kept.result) as RowsOf<Before> & RowsOf<After>
      }
    },
  }
}

/** One transaction of a request. */
class Step {
  readonly #scope: CustomerScope
  readonly #request: RepeatableRequest
  readonly #step: number

  constructor(scope: CustomerScope, request: RepeatableRequest, step: number) {
    this.#scope = scope
    this.#request = request
    this.#step = step
  }

  /**
   * Returns the statements of a change between those that store the results of its selects; the first of them lets it
   * run only once.
   */
  keeping({ before = {}, statements, after = {} }: Change): Change['statements'] {
    const { db, uid, callerId } = this.#scope
    const { key, fingerprint, requestId, now } = this.#request
    // All steps expire at once, or a key could be of two requests.
    const expiresAt = sql<number>`coalesce((SELECT expires_at FROM idempotency_keys
      WHERE ${this.#ofRequest()} LIMIT 1), ${now + KEPT_MS})`
    return [
      db.delete(idempotencyKeys).where(and(this.#ofRequest(), lte(idempotencyKeys.expiresAt, now))),
      db.insert(idempotencyKeys).values({
        customerUid: uid,
        caller: callerId,
        key,
        step: this.#step,
        fingerprint,
        requestId,
        result: resultOf(before),
        expiresAt,
      }),
      ...statements,
      db
        .update(idempotencyKeys)
        .set({ result: sql`json_patch(${idempotencyKeys.result}, ${resultOf(after)})` })
        .where(this.#ofStep()),
    ]
  }

  /** Returns the stored result of this step. */
  async kept(db: Database) {
    const [row] = await db
      .select()
      .from(idempotencyKeys)
      .where(and(this.#ofStep(), gt(idempotencyKeys.expiresAt, this.#request.now)))
    return row && { ...row, result: JSON.parse(row.result) as KeptRows }
  }

  #ofRequest(): SQL | undefined {
    return and(
      eq(idempotencyKeys.customerUid, this.#scope.uid),
      eq(idempotencyKeys.caller, this.#scope.callerId),
      eq(idempotencyKeys.key, this.#request.key),
    )
  }

  #ofStep(): SQL | undefined {
    return and(this.#ofRequest(), eq(idempotencyKeys.step, this.#step))
  }
}

type KeptRows = Record<string, Record<string, unknown>[]>

/** SQL for the results of selects as JSON: by their names, each row by the names of its fields. */
function resultOf(selects: Selects): SQL<string> {
  const members = Object.entries(selects).map(([name, select]) => {
    const fields = Object.keys(select._.selectedFields)
    const columns = listed(fields.map((_, i) => sql.raw(`c${i}`)))
    const row = listed(fields.map((field, i) => sql`${text(field)}, ${sql.raw(`c${i}`)}`))
    return sql`${text(name)}, json((WITH found(${columns}) AS ${select}
      SELECT json_group_array(json_object(${row})) FROM found))`
  })
  return sql`json_object(${listed(members)})`
}

const listed = (items: SQL[]) => sql.join(items, sql`, `)

/** Quotes a name as a literal: names are the code's own, and D1 binds 100 parameters at most. */
const text = (name: string) => sql.raw(`'${name}'`)

/** Returns stored rows as their selects give them. */
function rowsOf(selects: Selects, kept: KeptRows): Record<string, unknown> {
  const found = Object.entries(selects).map(([name, select]) => {
    const fields = Object.keys(select._.selectedFields)
    const results = (kept[name] ?? []).map((row) => fields.map((field) => row[field] ?? null))
    return [name, select.prepare().mapResult({ results }, true)]
  })
  return Object.fromEntries(found)
}

/** Deletes the keys that no repetition can use any more. */
export async function purgeIdempotencyKeys(db: Database, now: number): Promise<void> {
  await db.delete(idempotencyKeys).where(lte(idempotencyKeys.expiresAt, now))
}
