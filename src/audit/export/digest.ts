import * as z from 'zod'
import { once } from '../../base/once.ts'
import { sha256Hex, sha256HexOfMuch } from '../../crypto/digest.ts'
import type { SigningKeys } from '../../crypto/signing-keys.ts'
import { type ChainedEntry, exportLine } from '../trail/entry.ts'

const hex = () => z.string().regex(/^[0-9a-f]{64}$/)
const seq = () => z.int().min(1)

/**
 * The signed digest of an exported object, version 1. It names the previous digest, so digests form a chain as well.
 */
const segmentDigest = once(() =>
  z
    .strictObject({
      v: z.literal(1),
      object: z.string(),
      sha256: hex(),
      first_seq: seq(),
      last_seq: seq(),
      /** The previous hash of the first entry, and the hash of the last. */
      prev_hash: hex(),
      head_hash: hex(),
      appended_at: z.iso.datetime(),
      /** Null in the very first digest. */
      previous_digest: z.string().nullable(),
      previous_sha256: hex().nullable(),
      /** The hash of each entry, so that a changed entry can be named even if all later hashes were recomputed. */
      hashes: z.array(hex()).min(1),
      key_id: z.string(),
    })
    .refine(
      ({ first_seq, last_seq, head_hash, hashes }) =>
        hashes.length === last_seq - first_seq + 1 && hashes.at(-1) === head_hash,
    ),
)

export type SegmentDigest = z.infer<ReturnType<typeof segmentDigest>>

const SIGNATURE = /,"signature":"([\w-]{86})"\}$/

/**
 * Returns the name of an object and its digest without extension, such as `audit/2026/11/21/1-100`. The day is that
 * of the appending.
 */
function segmentName(firstSeq: number, lastSeq: number, appendedAt: number): string {
  const day = new Date(appendedAt).toISOString().slice(0, 10).replaceAll('-', '/')
  return `audit/${day}/${firstSeq}-${lastSeq}`
}

/** The name of a copy of the newest digest, for verifiers of a bucket that lists nothing. */
export const LATEST_DIGEST = 'audit/latest.digest.json'

/** Returns the name of an object's digest. */
export const digestName = (object: string) => object.replace(/\.ndjson$/, '.digest.json')

/** Returns the text of an exported object: one entry a line. */
export const objectText = (entries: ChainedEntry[]) =>
  entries.map((entry) => `${exportLine(entry)}\n`).join('')

/** Returns the signed digest of consecutive entries as text, always the same for the same facts and keys. */
export async function signDigest(
  keys: SigningKeys,
  entries: [ChainedEntry, ...ChainedEntry[]],
  appendedAt: number,
  previous: string | undefined,
): Promise<string> {
  const [first] = entries
  const last = entries.at(-1) ?? first
  const digest: SegmentDigest = {
    v: 1,
    object: `${segmentName(first.seq, last.seq, appendedAt)}.ndjson`,
    sha256: await sha256HexOfMuch(objectText(entries)),
    first_seq: first.seq,
    last_seq: last.seq,
    prev_hash: first.prevHash,
    head_hash: last.hash,
    appended_at: new Date(appendedAt).toISOString(),
    previous_digest: previous === undefined ? null : digestName(readDigest(previous).digest.object),
    previous_sha256: previous === undefined ? null : sha256Hex(previous),
    hashes: entries.map(({ hash }) => hash),
    key_id: keys.currentId,
  }
  const signed = JSON.stringify(digest)
  return `${signed.slice(0, -1)},"signature":"${await keys.sign(signed)}"}`
}

/**
 * Parses the text of a digest. `signed` is the signed text: the digest without its last member.
 * @throws Error if it is not a digest
 */
export function readDigest(text: string): { digest: SegmentDigest; signed: string; signature: string } {
  const signature = SIGNATURE.exec(text)?.[1]
  if (signature === undefined) throw new Error('not a signed digest')
  const signed = text.replace(SIGNATURE, '}')
  return { digest: segmentDigest().parse(JSON.parse(signed)), signed, signature }
}
