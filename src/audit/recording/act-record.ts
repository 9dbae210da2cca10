import { randomId } from '../../crypto/random.ts'
import { AppError } from '../../errors.ts'
import { logFailure } from '../../log.ts'
import type { AuditEvent, AuditResult } from './event.ts'
import { recordable, recordablePath } from './recordable.ts'
import type { RecordedRequest } from './recorded-request.ts'

/** Waits before the `completed` of a write that did happen is offered to the queue again. */
const RETRY_WAITS_MS = [100, 1_000, 5_000]

/** Statuses that say no to the caller rather than to what it sent. */
const REFUSALS = [401, 403, 429]

/**
 * The record of one act, in one stage or two. Who acts, on what, and what it changed are read from the facts of the
 * request when a stage is recorded.
 */
export class ActRecord {
  readonly id = randomId('aud')
  readonly #request: RecordedRequest
  #received = false

  constructor(request: RecordedRequest) {
    this.#request = request
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
  async completed(status: number, ended?: AuditResult): Promise<void> {
    const { now, startedAt, facts, waitUntil } = this.#request
    const result = ended ?? facts.result ?? resultOf(status)
    // A clock can be set back while a request runs.
    const duration = Math.max(0, now() - startedAt)
    const event = this.#event('completed', { status, result, duration_ms: duration, rows: facts.rows })
    try {
      await this.#send(event)
    } catch (error) {
      if (!this.#received) throw error
      waitUntil(this.#sendLater(event))
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
      await this.#request.queue.send(event)
    } catch (cause) {
      throw new AppError('audit_unavailable', { cause })
    }
  }

  #event(stage: AuditEvent['stage'], outcome: AuditEvent['outcome']): AuditEvent {
    const { facts, ...request } = this.#request
    return {
      v: 1,
      id: this.id,
      stage,
      time: new Date(request.now()).toISOString(),
      actor: {
        type: facts.actor?.type ?? 'anonymous',
        admin_id: facts.actor?.adminId ?? null,
        role: facts.actor?.role ?? null,
        api_key_id: facts.actor?.apiKeyId ?? null,
      },
      grant: facts.grant,
      customer_uid: facts.customerUid,
      target: facts.target && { type: facts.target.type, id: recordable(facts.target.id) },
      changes: facts.changes,
      replayed: facts.replayed,
      action: { method: request.method, route: request.route, path: recordablePath(request.url) },
      request: {
        id: request.id,
        ip: recordableOrNull(request.ip),
        country: request.country,
        colo: request.colo,
        user_agent: recordableOrNull(request.userAgent),
        reason: recordableOrNull(facts.reason),
      },
      outcome,
    }
  }
}

const recordableOrNull = (value: string | null) => (value ? recordable(value) : null)

function resultOf(status: number): AuditResult {
  if (status < 400) return 'success'
  if (REFUSALS.includes(status)) return 'refused'
  return status < 500 ? 'client_error' : 'error'
}
