import * as z from 'zod'
import { once } from '../../base/once.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import { textValue, timeValue, uidValue } from '../../http/fields/values.ts'
import type { TrailEvent } from '../recording/event.ts'

/** What the first entry of a trail has before it. */
export const GENESIS_HASH = '0'.repeat(64)

/** The version of the entries that are appended now. Those of version 1 lack `changes`, `replayed` and `rows`. */
const ENTRY_VERSION = 2

/** A link of the chain: the canonical text as it is stored and hashed, between the hash before it and its own. */
export interface ChainedEntry {
  seq: number
  entry: string
  prevHash: string
  hash: string
}

const nullableText = (example: string) => textValue(example).nullable()

/** An entry as the API and the export show it: one flat object, in this order. */
export const entryObject = once(() =>
  z
    .object({
      seq: z.int().positive(),
      v: z.union([z.literal(1), z.literal(ENTRY_VERSION)]),
      id: textValue('aud_4fJq0ZkPz7Xn2wB9sVtYcD'),
      stage: z.enum(['received', 'completed', 'checkpoint']),
      time: timeValue(),
      actor_type: z.enum(['admin', 'anonymous', 'system']),
      admin_id: z.int().nullable(),
      role: nullableText('customer_success'),
      api_key_id: nullableText('key_4fJq0ZkPz7Xn2wB9sVtYcD'),
      customer_uid: uidValue().nullable(),
      target_type: nullableText('api_key'),
      target_id: nullableText('key_4fJq0ZkPz7Xn2wB9sVtYcD'),
      changes: z
        .record(z.string(), z.array(z.unknown()).length(2))
        .nullable()
        .optional()
        .meta({ examples: [{ role: ['admin', 'super_admin'] }] }),
      replayed: z.boolean().optional(),
      method: textValue('GET'),
      route: nullableText('/lists/:uid'),
      path: textValue('/lists/xj35478ymfe15'),
      request_id: textValue('req_3f0e8c1e-8a52-4f0c-9a57-0d3f5d2f8b11'),
      ip: nullableText('203.0.113.7'),
      country: nullableText('DE'),
      colo: nullableText('FRA'),
      user_agent: nullableText('curl/8.15.0'),
      reason: nullableText('Ticket 4711'),
      status: z
        .int()
        .nullable()
        .meta({ examples: [200] }),
      result: z.enum(['success', 'client_error', 'refused', 'error']).nullable(),
      duration_ms: z.number().nonnegative().nullable(),
      rows: z.int().nullable().optional(),
      pruned_to_seq: z.int().positive().nullable(),
      pruned_to_hash: nullableText(GENESIS_HASH),
      prev_hash: textValue(GENESIS_HASH),
      hash: textValue('6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b'),
    })
    .meta({ id: 'AuditEntry' }),
)
export type AuditEntry = z.infer<ReturnType<typeof entryObject>>

/**
 * The entry of an event: flat, with always the same keys in the same order, so that one table fits all. What each
 * means stands in entry.schema.json.
 */
function flatEntry(seq: number, { id, stage, time, actor, action, request, outcome, ...event }: TrailEvent) {
  return {
    seq,
    v: ENTRY_VERSION,
    id,
    stage,
    time,
    actor_type: actor.type,
    admin_id: actor.admin_id,
    role: actor.role,
    api_key_id: actor.api_key_id,
    customer_uid: event.customer_uid,
    target_type: event.target?.type ?? null,
    target_id: event.target?.id ?? null,
    changes: event.changes,
    replayed: event.replayed,
    method: action.method,
    route: action.route,
    path: action.path,
    request_id: request.id,
    ip: request.ip,
    country: request.country,
    colo: request.colo,
    user_agent: request.user_agent,
    reason: request.reason,
    status: outcome?.status ?? null,
    result: outcome?.result ?? null,
    duration_ms: outcome?.duration_ms ?? null,
    rows: outcome?.rows ?? null,
    pruned_to_seq: event.pruned?.toSeq ?? null,
    pruned_to_hash: event.pruned?.toHash ?? null,
  }
}

/** Chains an event to the entry before it: `hash = SHA-256(prev_hash || canonical bytes)`, all as hex and UTF-8 text. */
export function chainEntry(event: TrailEvent, previous: Pick<ChainedEntry, 'seq' | 'hash'>): ChainedEntry {
  const seq = previous.seq + 1
  const entry = JSON.stringify(flatEntry(seq, event))
  return { seq, entry, prevHash: previous.hash, hash: sha256Hex(previous.hash + entry) }
}

/**
 * The entry as one line of the export, without the line feed. Cutting the two hashes off again gives the canonical
 * text to the byte, so the chain can be checked from the export alone.
 */
export const exportLine = ({ entry, prevHash, hash }: ChainedEntry) =>
  `${entry.slice(0, -1)},"prev_hash":"${prevHash}","hash":"${hash}"}`

/** The entry as the API shows it: exactly what the export holds. */
export const presentEntry = (entry: ChainedEntry) => JSON.parse(exportLine(entry)) as AuditEntry
