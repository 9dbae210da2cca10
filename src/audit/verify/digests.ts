import { fromExactUtf8 } from '../../base/encoding.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import { fingerprintOf, type PublicKey, signatureHolds } from '../../crypto/signing-keys.ts'
import { digestName, LATEST_DIGEST, readDigest, type SegmentDigest } from '../export/digest.ts'
import { ExportProblem, type ProblemKind } from './problem.ts'
import type { ExportSource, Progress } from './verified-export.ts'

/** A digest with a valid signature. */
export interface SignedDigest {
  digest: SegmentDigest
  sha256: string
  /** The fingerprint of the signing key, which does not depend on its name. */
  signedBy: string
}

type Fail = (kind: ProblemKind, what: string) => ExportProblem

const failureOf =
  (name: string): Fail =>
  (kind, what) =>
    new ExportProblem(kind, `${name} ${what}`, { name })

/**
 * Returns a segment's digest after verifying its signature and that it follows the previous one.
 * @throws ExportProblem
 */
export async function trustedDigest(
  source: ExportSource,
  name: string,
  keys: PublicKey[],
  previous: Progress | undefined,
): Promise<SignedDigest> {
  const fail = failureOf(name)
  const bytes = await source.read(name)
  if (!bytes) throw fail('digest_missing', 'is missing: its object cannot be trusted without')
  const signed = await signedDigest(bytes, keys, fail)
  if (digestName(signed.digest.object) !== name)
    throw fail('digest_misplaced', `is the digest of ${signed.digest.object}`)
  if (previous) mustFollow(signed, previous, fail)
  return signed
}

/** @throws ExportProblem digest_unreadable, key_unknown, signature_wrong */
async function signedDigest(bytes: Uint8Array, keys: PublicKey[], fail: Fail): Promise<SignedDigest> {
  let text: string
  let parts: ReturnType<typeof readDigest>
  try {
    text = fromExactUtf8(bytes)
    parts = readDigest(text)
  } catch {
    throw fail('digest_unreadable', 'is not a signed digest')
  }
  const { digest, signed, signature } = parts
  const key = keys.find(({ kid }) => kid === digest.key_id)
  if (!key)
    throw fail('key_unknown', `is signed with the key ${digest.key_id}, which is not among the keys given`)
  if (!(await signatureHolds(key, signed, signature))) throw fail('signature_wrong', 'has a wrong signature')
  return { digest, sha256: sha256Hex(text), signedBy: fingerprintOf(key) }
}

function mustFollow({ digest, signedBy }: SignedDigest, previous: Progress, fail: Fail): void {
  const { lastSeq, headHash, digestName, digestSha256, retiredKeys } = previous
  if (digest.first_seq > lastSeq + 1) throw removed(lastSeq + 1, digest.first_seq - 1, 'with their objects')
  if (digest.first_seq <= lastSeq) throw fail('digest_misplaced', 'holds numbers that came before')
  if (digest.previous_digest !== digestName || digest.previous_sha256 !== digestSha256)
    throw fail('digest_misplaced', `does not follow ${digestName}`)
  if (digest.prev_hash !== headHash) throw fail('chain_broken', 'does not continue the chain of entries')
  if (retiredKeys.has(signedBy))
    throw fail('key_retired', `is signed with the key ${digest.key_id}, which another one had followed`)
}

/**
 * Returns the last entry of the copy of the newest digest, if the export has it; null if there is no copy, or one
 * from before the first object. A copy may be older than the newest object, because a cron writes it.
 * @throws ExportProblem if the export lacks what the copy names, or has another digest for it
 */
export async function newestDigestEnd(
  source: ExportSource,
  keys: PublicKey[],
  progress: Progress | undefined,
): Promise<number | null> {
  const bytes = await source.read(LATEST_DIGEST)
  if (!bytes) return null
  const fail = failureOf(LATEST_DIGEST)
  const { digest, sha256 } = await signedDigest(bytes, keys, fail)
  const lastSeq = progress?.lastSeq ?? 0
  if (digest.last_seq > lastSeq)
    throw removed(lastSeq + 1, digest.last_seq, `though ${LATEST_DIGEST} names them`)
  if (progress && digest.last_seq < progress.firstSeq) return null
  if (progress?.ends.get(digest.last_seq)?.digestSha256 !== sha256)
    throw fail('digest_misplaced', `is not the digest that is beside ${digest.object}`)
  return digest.last_seq
}

export const removed = (first: number, last: number, how: string) =>
  new ExportProblem('entry_removed', `entries ${first} to ${last} were removed, ${how}`, { seq: first })
