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
  /**
   * Up to which entry nothing was cut off, as the known head and the copy of the newest digest show; null if neither is
   * there. Whoever can write to the bucket can put an older digest there; a head that was noted elsewhere they cannot reach.
   */
  shownTo: number | null
}

/** What is known of an export after some of its segments. */
export interface Progress extends Omit<VerifiedExport, 'shownTo'> {
  digestName: string
  digestSha256: string
  /** The end of each segment, by its last number. */
  ends: Map<number, { hash: string; digestSha256: string }>
  /** The highest number that a checkpoint says was pruned. */
  prunedTo: number
  /** The fingerprint of the key that signed last, and of those before it, which may not sign any more. */
  currentKey: string
  retiredKeys: Set<string>
}
