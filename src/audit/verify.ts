import { sha256Hex, sha256HexOfMuch } from '../crypto/digest.ts'
import { digestName, readDigest, type SegmentDigest } from './digest.ts'
import { GENESIS_HASH } from './entry.ts'
import { ExportProblem, type ProblemKind } from './export-problem.ts'
import { type PublicKey, signatureHolds } from './signing-keys.ts'
import { compareEntries, type ReadEntry, readEntries } from './verify-entries.ts'

/** An export as it lies somewhere: the names of its objects and digests, and the bytes behind them. */
export interface ExportSource {
  names: string[]
  /** Null if there is nothing of that name. */
  read(name: string): Promise<Uint8Array | null>
}

/** What an export was found to hold, all of it verified. */
export interface VerifiedExport {
  segments: number
  /** The first entry there is: past 1 only where a checkpoint in the trail says what went before. */
  firstSeq: number
  lastSeq: number
  headHash: string
  /** The keys that signed. */
  keyIds: string[]
}

interface Progress extends VerifiedExport {
  digestName: string | null
  digestSha256: string | null
  /** The hash at the end of each segment, by its last number. */
  heads: Map<number, string>
  /** The highest number that a checkpoint says was pruned. */
  prunedTo: number
}

const SEGMENT_NAME = /^(audit\/\d{4}\/\d{2}\/\d{2}\/(\d+)-\d+)\.(?:ndjson|digest\.json)$/

/**
 * Checks an export from nothing but its own bytes and public keys: every signature, every object against its digest,
 * the chain of the digests and that of the entries. `knownHead`, a hash noted down earlier, has to be in it: whoever
 * cuts the newest part off an export leaves no other trace.
 * @throws ExportProblem, which names the first thing that is not as it was signed
 */
export async function verifyExport(
  source: ExportSource,
  keys: PublicKey[],
  knownHead?: string,
): Promise<VerifiedExport> {
  const stems = stemsOf(source.names)
  if (stems.length === 0) throw new ExportProblem('nothing_found', 'there is no exported object')
  let progress: Progress | undefined
  let headSeen = knownHead === undefined
  for (const stem of stems) {
    const { digest, text } = await trustedDigest(source, stem, keys, progress)
    const entries = await verifiedEntries(source, digest, progress)
    headSeen ||= digest.hashes.some((hash) => hash === knownHead)
    progress = advanced(progress, digest, text, entries)
  }
  const { heads: _, prunedTo, digestName: __, digestSha256: ___, ...verified } = progress as Progress
  if (verified.firstSeq > prunedTo + 1)
    throw removed(1, verified.firstSeq - 1, 'and no checkpoint tells of them')
  if (!headSeen)
    throw new ExportProblem(
      'head_missing',
      `the known head ${knownHead} is not in it: newer entries were cut off`,
    )
  return verified
}

/** The names of segments without their endings, in the order of their numbers. */
function stemsOf(names: string[]): string[] {
  const stems = new Map<string, number>()
  for (const name of names) {
    const [, stem, firstSeq] = SEGMENT_NAME.exec(name) ?? []
    if (stem === undefined) throw new ExportProblem('unexpected_object', `${name} is not part of an export`)
    stems.set(stem, Number(firstSeq))
  }
  return [...stems].sort(([, left], [, right]) => left - right).map(([stem]) => stem)
}

/** A segment's digest, once its signature holds and it follows the one before. */
async function trustedDigest(
  source: ExportSource,
  stem: string,
  keys: PublicKey[],
  previous: Progress | undefined,
): Promise<{ digest: SegmentDigest; text: string }> {
  const name = `${stem}.digest.json`
  const fail = (kind: ProblemKind, what: string) => new ExportProblem(kind, `${name} ${what}`, { name })
  const bytes = await source.read(name)
  if (!bytes) throw fail('digest_missing', 'is missing: its object cannot be trusted without')
  const text = new TextDecoder().decode(bytes)
  let parts: ReturnType<typeof readDigest>
  try {
    parts = readDigest(text)
  } catch {
    throw fail('digest_unreadable', 'is not a signed digest')
  }
  const { digest, signed, signature } = parts
  const key = keys.find(({ kid }) => kid === digest.key_id)
  if (!key)
    throw fail('key_unknown', `is signed with the key ${digest.key_id}, which is not among the keys given`)
  if (!(await signatureHolds(key, signed, signature))) throw fail('signature_wrong', 'has a wrong signature')
  if (digestName(digest.object) !== name) throw fail('digest_misplaced', `is the digest of ${digest.object}`)
  if (previous) mustFollow(digest, previous, fail)
  return { digest, text }
}

function mustFollow(
  digest: SegmentDigest,
  { lastSeq, headHash, digestName, digestSha256 }: Progress,
  fail: (kind: ProblemKind, what: string) => ExportProblem,
): void {
  if (digest.first_seq > lastSeq + 1) throw removed(lastSeq + 1, digest.first_seq - 1, 'with their objects')
  if (digest.first_seq <= lastSeq) throw fail('digest_misplaced', 'holds numbers that came before')
  if (digest.previous_digest !== digestName || digest.previous_sha256 !== digestSha256)
    throw fail('digest_misplaced', `does not follow ${digestName}`)
  if (digest.prev_hash !== headHash) throw fail('chain_broken', 'does not continue the chain of entries')
}

async function verifiedEntries(
  source: ExportSource,
  digest: SegmentDigest,
  previous: Progress | undefined,
): Promise<ReadEntry[]> {
  const bytes = await source.read(digest.object)
  if (!bytes)
    throw new ExportProblem('object_missing', `${digest.object} is missing`, { name: digest.object })
  const entries = readEntries(bytes)
  compareEntries(
    entries,
    digest,
    previous?.headHash ?? (digest.first_seq === 1 ? GENESIS_HASH : digest.prev_hash),
  )
  if ((await sha256HexOfMuch(bytes)) !== digest.sha256)
    throw new ExportProblem(
      'object_changed',
      `${digest.object} holds the signed entries, written differently`,
      {
        name: digest.object,
      },
    )
  return entries
}

function advanced(
  previous: Progress | undefined,
  digest: SegmentDigest,
  text: string,
  entries: ReadEntry[],
): Progress {
  const before = { seq: digest.first_seq - 1, hash: digest.prev_hash }
  const heads = previous?.heads ?? new Map([[before.seq, before.hash]])
  const firstSeq = previous?.firstSeq ?? digest.first_seq
  let prunedTo = previous?.prunedTo ?? 0
  for (const { seq, fields } of entries) {
    if (typeof fields.pruned_to_seq !== 'number') continue
    prunedTo = Math.max(prunedTo, fields.pruned_to_seq)
    if (fields.pruned_to_seq >= firstSeq - 1 && heads.get(fields.pruned_to_seq) !== fields.pruned_to_hash)
      throw new ExportProblem('checkpoint_wrong', `entry ${seq} is a checkpoint of another trail`, { seq })
  }
  return {
    segments: (previous?.segments ?? 0) + 1,
    firstSeq,
    lastSeq: digest.last_seq,
    headHash: digest.head_hash,
    keyIds: [...new Set([...(previous?.keyIds ?? []), digest.key_id])],
    digestName: digestName(digest.object),
    digestSha256: sha256Hex(text),
    heads: heads.set(digest.last_seq, digest.head_hash),
    prunedTo,
  }
}

const removed = (first: number, last: number, how: string) =>
  new ExportProblem('entry_removed', `entries ${first} to ${last} were removed, ${how}`, { seq: first })
