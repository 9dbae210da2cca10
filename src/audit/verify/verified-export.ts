/** An export in any place: the names of its objects and digests, and their bytes. */
export interface ExportSource {
  names: string[]
  /** Returns null if there is no object of that name. */
  read(name: string): Promise<Uint8Array | null>
}

/** The verified content of an export. */
export interface VerifiedExport {
  segments: number
  /** The first entry, past 1 only if a checkpoint in the trail accounts for those before. */
  firstSeq: number
  lastSeq: number
  headHash: string
  /** The ids of the signing keys. */
  keyIds: string[]
  /**
   * The entry up to which nothing was cut off, as the known head and the copy of the newest digest show; null if
   * there is neither. Whoever can write to the bucket can put an older digest there, but not change a head that was
   * noted elsewhere.
   */
  shownTo: number | null
}

/** The state of a verification after some segments. */
export interface Progress extends Omit<VerifiedExport, 'shownTo'> {
  digestName: string
  digestSha256: string
  /** The end of each segment, by its last number. */
  ends: Map<number, { hash: string; digestSha256: string }>
  /** The highest number that a checkpoint names as pruned. */
  prunedTo: number
  /** The fingerprint of the last signing key, and those of earlier keys, which may not sign any more. */
  currentKey: string
  retiredKeys: Set<string>
}
