import { sha256Hex } from '../../crypto/digest.ts'
import type { TrailEvent } from '../recording/event.ts'
import { type AuditEntry, canonicalText } from './fields.ts'

/** A link of the chain: the canonical text as stored and hashed, between the previous hash and its own. */
export interface ChainedEntry {
  seq: number
  entry: string
  prevHash: string
  hash: string
}

/** Chains an event to the previous entry: `hash = SHA-256(prev_hash || canonical bytes)`, all as hex and UTF-8 text. */
export function chainEntry(event: TrailEvent, previous: Pick<ChainedEntry, 'seq' | 'hash'>): ChainedEntry {
  const seq = previous.seq + 1
  const entry = canonicalText(seq, event)
  return { seq, entry, prevHash: previous.hash, hash: sha256Hex(previous.hash + entry) }
}

/**
 * Returns the entry as one line of the export, without the line feed. Cutting off the two hashes gives the canonical
 * text to the byte, so the chain can be checked from the export alone.
 */
export const exportLine = ({ entry, prevHash, hash }: ChainedEntry) =>
  `${entry.slice(0, -1)},"prev_hash":"${prevHash}","hash":"${hash}"}`

/** Returns the entry as the API shows it, which is exactly the export's. */
export const presentEntry = (entry: ChainedEntry) => JSON.parse(exportLine(entry)) as AuditEntry
