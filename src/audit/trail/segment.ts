import { utf8 } from '../../base/encoding.ts'
import type { SigningKeys } from '../../crypto/signing-keys.ts'
import { signDigest } from '../export/digest.ts'
import type { TrailEvent } from '../recording/event.ts'
import { type ChainedEntry, chainEntry } from './entry.ts'
import { GENESIS_HASH } from './fields.ts'

/** The most bytes of a segment, which goes as one parameter: D1 takes 2 MB. */
const MAX_SEGMENT_BYTES = 1_000_000

/** The entries of one exported object, and its signed digest. */
export interface Segment {
  firstSeq: number
  lastSeq: number
  digest: string
  /** Present if they were just appended. */
  entries?: ChainedEntry[]
}

type Entries = [ChainedEntry, ...ChainedEntry[]]

/** The last entry of the chain, as far as the next one needs it. */
type Head = Pick<ChainedEntry, 'seq' | 'hash'>

/** The ends of what is in the trail; undefined where there is nothing. */
interface Ends {
  head: Head | undefined
  digest: string | undefined
}

/** Returns the segments of events that follow what is in the trail. */
export async function newSegments(keys: SigningKeys, events: TrailEvent[], ends: Ends, now: number) {
  const segments: (Segment & { entries: Entries })[] = []
  for (const entries of segmented(chain(events, ends.head ?? { seq: 0, hash: GENESIS_HASH }))) {
    const digest = await signDigest(keys, entries, now, segments.at(-1)?.digest ?? ends.digest)
    const [{ seq: firstSeq }] = entries
    segments.push({ firstSeq, lastSeq: firstSeq + entries.length - 1, digest, entries })
  }
  return segments
}

function chain(events: TrailEvent[], head: Head): ChainedEntry[] {
  const entries: ChainedEntry[] = []
  for (const event of events) entries.push(chainEntry(event, entries.at(-1) ?? head))
  return entries
}

/** Splits entries into segments of bounded size. An ordinary batch of messages is one. */
function segmented(entries: ChainedEntry[]): Entries[] {
  const runs: Entries[] = []
  let size = 0
  for (const entry of entries) {
    const bytes = utf8(JSON.stringify(entry)).length
    const run = runs.at(-1)
    if (run && size + bytes <= MAX_SEGMENT_BYTES) {
      run.push(entry)
      size += bytes
    } else {
      runs.push([entry])
      size = bytes
    }
  }
  return runs
}
