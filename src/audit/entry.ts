import { sha256Hex } from '../crypto/digest.ts'
import type { AuditEvent } from './event.ts'

/** What the first entry of a trail has before it. */
export const GENESIS_HASH = '0'.repeat(64)

/** A link of the chain: the canonical text as it is stored and hashed, between the hash before it and its own. */
export interface ChainedEntry {
  seq: number
  entry: string
  prevHash: string
  hash: string
}

/** The entry of an event: flat, with always the same keys in the same order, so that one table fits all. */
function flatEntry(
  seq: number,
  { v, id, stage, time, actor, action, request, outcome, ...event }: AuditEvent,
) {
  return {
    seq,
    v,
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
  }
}

export type AuditEntry = ReturnType<typeof flatEntry> & { prev_hash: string; hash: string }

/** Chains an event to the entry before it: `hash = SHA-256(prev_hash || canonical bytes)`, all as hex and UTF-8 text. */
export async function chainEntry(
  event: AuditEvent,
  previous: Pick<ChainedEntry, 'seq' | 'hash'>,
): Promise<ChainedEntry> {
  const seq = previous.seq + 1
  const entry = JSON.stringify(flatEntry(seq, event))
  return { seq, entry, prevHash: previous.hash, hash: await sha256Hex(previous.hash + entry) }
}

/**
 * The entry as one line of the export, without the line feed. Cutting the two hashes off again gives the canonical
 * text to the byte, so the chain can be checked from the export alone.
 */
export const exportLine = ({ entry, prevHash, hash }: ChainedEntry) =>
  `${entry.slice(0, -1)},"prev_hash":"${prevHash}","hash":"${hash}"}`

/** The entry as the API shows it: exactly what the export holds. */
export const presentEntry = (entry: ChainedEntry) => JSON.parse(exportLine(entry)) as AuditEntry
