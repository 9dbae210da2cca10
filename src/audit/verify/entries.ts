import { sha256Hex, sha256HexOfMuch } from '../../crypto/digest.ts'
import type { SegmentDigest } from '../export/digest.ts'
import { GENESIS_HASH } from '../trail/fields.ts'
import { ExportProblem, type ProblemKind } from './problem.ts'
import type { ExportSource } from './verified-export.ts'

/** A line of an export. */
export interface ReadEntry {
  seq: number | undefined
  prevHash: string | undefined
  /** The hash of the line's entry; undefined if the line states another, or is no entry. */
  hash: string | undefined
  fields: Record<string, unknown>
}

const LINE = /^(.*),"prev_hash":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}$/

/**
 * Returns the entries of a segment after verifying that they are the signed ones.
 * @throws ExportProblem
 */
export async function verifiedEntries(
  source: ExportSource,
  digest: SegmentDigest,
  headHash = digest.first_seq === 1 ? GENESIS_HASH : digest.prev_hash,
): Promise<ReadEntry[]> {
  const { object, sha256 } = digest
  const bytes = await source.read(object)
  if (!bytes) throw new ExportProblem('object_missing', `${object} is missing`, { name: object })
  const entries = readEntries(bytes)
  compareEntries(entries, digest, headHash)
  if ((await sha256HexOfMuch(bytes)) !== sha256)
    throw new ExportProblem('object_changed', `${object} holds the signed entries, written differently`, {
      name: object,
    })
  return entries
}

/** Returns the lines of an object, each with its recomputed hash. */
function readEntries(bytes: Uint8Array): ReadEntry[] {
  const lines = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes).split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map(readEntry)
}

function readEntry(line: string): ReadEntry {
  const [, start, prevHash, claimed] = LINE.exec(line) ?? []
  const hash = start === undefined ? undefined : sha256Hex(`${prevHash}${start}}`)
  const fields = fieldsOf(`${start}}`)
  return {
    seq: typeof fields.seq === 'number' ? fields.seq : undefined,
    prevHash,
    hash: hash === claimed ? hash : undefined,
    fields,
  }
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/**
 * Compares the entries of an object with the signed hashes, which shows the place of a change even if all hashes were
 * recomputed after it.
 * @throws ExportProblem for the first entry that was changed, removed, inserted or moved
 */
function compareEntries(
  entries: ReadEntry[],
  { first_seq, hashes, object }: SegmentDigest,
  headHash: string,
): void {
  const fail = (kind: ProblemKind, seq: number, what: string) =>
    new ExportProblem(kind, `entry ${seq} in ${object} ${what}`, { seq, name: object })
  hashes.forEach((signed, i) => {
    const seq = first_seq + i
    const entry = entries[i]
    if (entry?.hash !== signed) throw fail(...difference(entries, hashes, i, seq))
    if (entry.seq !== seq || entry.prevHash !== (hashes[i - 1] ?? headHash))
      throw fail('chain_broken', seq, 'does not follow the one before it, though it is signed')
  })
  if (entries.length > hashes.length)
    throw fail('entry_inserted', first_seq + hashes.length, 'was inserted after the last one')
}

/** Returns how the line at `i` differs from the signed one. */
function difference(
  entries: ReadEntry[],
  signed: string[],
  i: number,
  seq: number,
): [kind: ProblemKind, seq: number, what: string] {
  const found = entries.map(({ hash }) => hash)
  const hash = found[i]
  const comesLater = found.includes(signed[i], i + 1)
  const belongsLater = hash !== undefined && signed.includes(hash, i + 1)
  if (comesLater && belongsLater) return ['entry_reordered', seq, 'is not in its place']
  // Where all that follows was hashed anew, only the numbers in the lines are left to go by.
  const numbers = entries.map((entry) => entry.seq)
  const isNumberedLater = (numbers[i] ?? seq) > seq
  const isNumberedTwice = numbers[i] === seq && numbers.includes(seq, i + 1)
  if (comesLater || isNumberedTwice) return ['entry_inserted', seq, 'has a line that was inserted']
  if (belongsLater || isNumberedLater || i >= found.length) return ['entry_removed', seq, 'was removed']
  return ['entry_changed', seq, 'was changed']
}
