import type { Context } from 'hono'
import { randomId } from '../../crypto/random.ts'
import { AppError } from '../../errors.ts'
import type { AppEnv } from '../../http/context.ts'
import { uidOrNull } from '../../http/fields/values.ts'
import { keptHeader } from '../../http/headers.ts'
import { routeName } from '../../http/routing.ts'
import { logFailure } from '../../log.ts'
import { type Changed, changesBetween, type ToldThing } from './changes.ts'
import type { AuditEvent, AuditResult } from './event.ts'
import { recordable, recordablePath } from './recordable.ts'

/** The actor as recorded. */
export type RecordedActor = AuditEvent['actor']

/** Waits before the `completed` of a write that did happen is offered to the queue again. */
const RETRY_WAITS_MS = [100, 1_000, 5_000]

/** Statuses that say no to the caller rather than to what it sent. */
const REFUSALS = [401, 403, 429]

const ANONYMOUS: RecordedActor = { type: 'anonymous', admin_id: null, role: null, api_key_id: null }

/**
 * One act that has to be on record, from the request that asks for it to its outcome. What it is about and what it
 * changed is read from the facts of the request when a record is made.
 */
export class Act {
  readonly id = randomId('aud')
  actor: RecordedActor = ANONYMOUS
  reason: string | null = null
  #received = false
  readonly #c: Context<AppEnv>

  constructor(c: Context) {
    this.#c = c
  }

  /** Whether it is known who acts. */
  get isIdentified(): boolean {
    return this.actor !== ANONYMOUS
  }

  /** Notes what the act is about. An id can be any text: it comes from the path. */
  about(type: string, id: string): void {
    const { facts } = this.#c.var
    facts.target = { type, id }
    if (type === 'customer') facts.customerUid = uidOrNull(id)
  }

  /** Notes what the act changed of a thing, as the API shows it. */
  changed(thing: ToldThing, change: Changed<object, object | null>): void {
    this.#c.var.facts.changes = changesBetween(thing, change)
  }

  /**
   * Puts on record that the act is about to run. Resolves once the record is durable.
   * @throws AppError audit_unavailable, and then the act must not run
   */
  async received(): Promise<void> {
    await this.#send(this.#event('received', null))
    this.#received = true
  }

  /**
   * Puts on record how the act ended. Resolves once the record is durable.
   * @throws AppError audit_unavailable if nothing was on record before, and then nothing may leave. Where `received`
   * is, the truth about the act can still be told; the record is offered to the queue again after the answer.
   */
  async completed(status: number, result: AuditResult = resultOf(status)): Promise<void> {
    const { now, startedAt, facts } = this.#c.var
    // A clock can be set back while a request runs.
    const duration = Math.max(0, now() - startedAt)
    const event = this.#event('completed', { status, result, duration_ms: duration, rows: facts.rows })
    try {
      await this.#send(event)
    } catch (error) {
      if (!this.#received) throw error
      this.#c.executionCtx.waitUntil(this.#sendLater(event))
    }
  }

  async #sendLater(event: AuditEvent): Promise<void> {
    for (const wait of RETRY_WAITS_MS) {
      await new Promise((resolve) => setTimeout(resolve, wait))
      const error = await this.#send(event).then(
        () => undefined,
        (cause: unknown) => cause,
      )
      if (!error) return
      logFailure({ audit_id: this.id, code: 'audit_unavailable' }, error)
    }
  }

  async #send(event: AuditEvent): Promise<void> {
    try {
      await this.#c.env.AUDIT_QUEUE.send(event)
    } catch (cause) {
      throw new AppError('audit_unavailable', { cause })
    }
  }

  #event(stage: AuditEvent['stage'], outcome: AuditEvent['outcome']): AuditEvent {
    const { req } = this.#c
    const { now, requestId, facts } = this.#c.var
    const { country, colo } = (req.raw.cf ?? {}) as { country?: string; colo?: string }
    return {
      v: 1,
      id: this.id,
      stage,
      time: new Date(now()).toISOString(),
      actor: this.actor,
      customer_uid: facts.customerUid,
      target: facts.target && { type: facts.target.type, id: recordable(facts.target.id) },
      changes: facts.changes,
      replayed: facts.replayed,
      action: {
        method: req.method,
        route: routeName(this.#c),
        path: recordablePath(req.url),
      },
      request: {
        id: requestId,
        ip: recordableOrNull(req.header('CF-Connecting-IP')),
        country: country ?? null,
        colo: colo ?? null,
        user_agent: recordableOrNull(keptHeader(req.raw.headers, 'User-Agent')),
        reason: recordableOrNull(this.reason),
      },
      outcome,
    }
  }
}

const recordableOrNull = (value: string | null | undefined) => (value ? recordable(value) : null)

function resultOf(status: number): AuditResult {
  if (status < 400) return 'success'
  if (REFUSALS.includes(status)) return 'refused'
  return status < 500 ? 'client_error' : 'error'
}
