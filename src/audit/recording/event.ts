import * as z from 'zod'
import { once } from '../../base/once.ts'
import { GRANT_MODES } from '../../db/schema/grants.ts'
import { MAX_TEXT } from './recordable.ts'

/**
 * How an act ended. `refused`: it was not let run. `unknown`: it was passed on to another service, and nobody knows what
 * that made of it.
 */
export const RESULTS = ['success', 'client_error', 'refused', 'error', 'unknown'] as const

const text = () => z.string().max(MAX_TEXT)

/**
 * The queue message, version 1. An act that can change something is recorded as `received` before it runs and as
 * `completed` after; one that only reads, or is refused, only as `completed`. Both stages share the id.
 *
 * A release that adds a key gives it a default, for messages that the release before it sent. After a rollback, messages
 * with keys that are not known here go to the dead letters whole, and can be replayed later: none loses a part.
 */
export const auditEvent = once(() =>
  z.strictObject({
    v: z.literal(1),
    id: z.string().regex(/^aud_\w{22}$/),
    stage: z.enum(['received', 'completed']),
    time: z.iso.datetime({ precision: 3 }),
    actor: z.strictObject({
      type: z.enum(['admin', 'customer', 'anonymous', 'system']),
      admin_id: z.int().nullable(),
      role: text().nullable(),
      api_key_id: text().nullable(),
    }),
    /** The access grant that the act was done under, or is about. */
    grant: z
      .strictObject({ id: text(), mode: z.enum(GRANT_MODES) })
      .nullable()
      .default(null),
    customer_uid: text().nullable(),
    /** The resource that the act is about, or created. */
    target: z.strictObject({ type: text(), id: text() }).nullable(),
    /** The changed fields of staff, keys, clients or customers, each with its value before and after. */
    changes: z
      .record(text(), z.tuple([z.unknown(), z.unknown()]))
      .nullable()
      .default(null),
    /** Whether the answer was that of an earlier request. */
    replayed: z.boolean().default(false),
    action: z.strictObject({ method: text(), route: text().nullable(), path: text() }),
    request: z.strictObject({
      id: text(),
      ip: text().nullable(),
      country: text().nullable(),
      colo: text().nullable(),
      user_agent: text().nullable(),
      reason: text().nullable(),
    }),
    /** Null while it is not known yet: in the stage `received`. */
    outcome: z
      .strictObject({
        status: z.int(),
        result: z.enum(RESULTS),
        duration_ms: z.number().nonnegative(),
        /** How many rows of a streamed answer left. */
        rows: z.int().nonnegative().nullable().default(null),
      })
      .nullable(),
  }),
)

export type AuditEvent = z.infer<ReturnType<typeof auditEvent>>

/**
 * The events that the trail takes: those of the queue, and its own checkpoints, which name the last entry that was
 * pruned with its hash.
 */
export type TrailEvent = Omit<AuditEvent, 'stage'> & {
  stage: AuditEvent['stage'] | 'checkpoint'
  pruned?: { toSeq: number; toHash: string }
}

export type AuditResult = (typeof RESULTS)[number]
