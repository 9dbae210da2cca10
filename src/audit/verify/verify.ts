import type { PublicKey } from '../../crypto/signing-keys.ts'
import { digestName, LATEST_DIGEST, type SegmentDigest } from '../export/digest.ts'
import { newestDigestEnd, removed, type SignedDigest, trustedDigest } from './digests.ts'
import { type ReadEntry, verifiedEntries } from './entries.ts'
import { ExportProblem } from './problem.ts'
import type { ExportSource, Progress, VerifiedExport } from './verified-export.ts'

const SEGMENT_NAME = /^(audit\/\d{4}\/\d{2}\/\d{2}\/(\d+)-\d+)\.(?:ndjson|digest\.json)$/

/**
 * Verifies an export from its bytes and public keys alone: every signature, every object against its digest, the
 * chain of digests and that of entries, and that no key signs after its successor. `knownHead`, a hash noted down
 * earlier, and the entry of the newest digest's copy have to be in it.
 * @throws ExportProblem for the first fault
 */
export async function verifyExport(
  source: ExportSource,
  keys: PublicKey[],
  knownHead?: string,
): Promise<VerifiedExport> {
  let progress: Progress | undefined
  let headSeq: number | null = null
  for (const stem of stemsOf(source.names)) {
    const signed = await trustedDigest(source, `${stem}.digest.json`, keys, progress)
    const entries = await verifiedEntries(source, signed.digest, progress?.headHash)
    headSeq ??= seqOf(signed.digest, knownHead)
    progress = advanced(progress, signed, entries)
  }
  const newest = await newestDigestEnd(source, keys, progress)
  if (!progress) throw new ExportProblem('nothing_found', 'there is no exported object')
  const { segments, firstSeq, lastSeq, headHash, keyIds, prunedTo } = progress
  if (firstSeq > prunedTo + 1) throw removed(1, firstSeq - 1, 'and no checkpoint tells of them')
  if (knownHead !== undefined && headSeq === null)
    throw new ExportProblem(
      'head_missing',
      `the known head ${knownHead} is not in it: newer entries were cut off`,
    )
  const shown = [headSeq, newest].filter((seq) => seq !== null)
  const shownTo = shown.length === 0 ? null : Math.max(...shown)
  return { segments, firstSeq, lastSeq, headHash, keyIds, shownTo }
}

/** Returns the names of segments without extension, in the order of their numbers. */
function stemsOf(names: string[]): string[] {
  const stems = new Map<string, number>()
  for (const name of names) {
    if (name === LATEST_DIGEST) continue
    const [, stem, firstSeq] = SEGMENT_NAME.exec(name) ?? []
    if (stem === undefined) throw new ExportProblem('unexpected_object', `${name} is not part of an export`)
    stems.set(stem, Number(firstSeq))
  }
  return [...stems].sort(([, left], [, right]) => left - right).map(([stem]) => stem)
}

/** Returns the number of the entry with this hash; null if it is not in the segment. */
function seqOf({ first_seq, hashes }: SegmentDigest, hash: string | undefined): number | null {
  const index = hash === undefined ? -1 : hashes.indexOf(hash)
  return index === -1 ? null : first_seq + index
}

function advanced(
  previous: Progress | undefined,
  { digest, sha256, signedBy }: SignedDigest,
  entries: ReadEntry[],
): Progress {
  const { retiredKeys = new Set<string>(), currentKey = signedBy } = previous ?? {}
  if (currentKey !== signedBy) retiredKeys.add(currentKey)
  const ends =
    previous?.ends ?? new Map([[digest.first_seq - 1, { hash: digest.prev_hash, digestSha256: '' }]])
  const firstSeq = previous?.firstSeq ?? digest.first_seq
  return {
    segments: (previous?.segments ?? 0) + 1,
    firstSeq,
    lastSeq: digest.last_seq,
    headHash: digest.head_hash,
    keyIds: [...new Set([...(previous?.keyIds ?? []), digest.key_id])],
    digestName: digestName(digest.object),
    digestSha256: sha256,
    prunedTo: Math.max(previous?.prunedTo ?? 0, prunedBy(entries, firstSeq, ends)),
    ends: ends.set(digest.last_seq, { hash: digest.head_hash, digestSha256: sha256 }),
    currentKey: signedBy,
    retiredKeys,
  }
}

/**
 * Returns the highest number that the checkpoints among these entries name as pruned.
 * @throws ExportProblem checkpoint_wrong
 */
function prunedBy(entries: ReadEntry[], firstSeq: number, ends: Progress['ends']): number {
  let prunedTo = 0
  for (const { seq, fields } of entries) {
    if (typeof fields.pruned_to_seq !== 'number') continue
    prunedTo = Math.max(prunedTo, fields.pruned_to_seq)
    if (
      fields.pruned_to_seq >= firstSeq - 1 &&
      ends.get(fields.pruned_to_seq)?.hash !== fields.pruned_to_hash
    )
      throw new ExportProblem('checkpoint_wrong', `entry ${seq} is a checkpoint of another trail`, { seq })
  }
  return prunedTo
}
