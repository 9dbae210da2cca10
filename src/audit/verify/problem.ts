/** The kinds of faults in an export. */
export type ProblemKind =
  | 'nothing_found'
  | 'unexpected_object'
  | 'object_missing'
  | 'object_changed'
  | 'digest_missing'
  | 'digest_unreadable'
  | 'digest_misplaced'
  | 'key_unknown'
  | 'key_retired'
  | 'signature_wrong'
  | 'entry_changed'
  | 'entry_removed'
  | 'entry_inserted'
  | 'entry_reordered'
  | 'chain_broken'
  | 'checkpoint_wrong'
  | 'head_missing'

/** The first fault of an export: an entry by its number, or an object. */
export class ExportProblem extends Error {
  readonly kind: ProblemKind
  readonly seq: number | undefined
  readonly object: string | undefined

  constructor(kind: ProblemKind, message: string, { seq, name }: { seq?: number; name?: string } = {}) {
    super(message)
    this.kind = kind
    this.seq = seq
    this.object = name
  }
}
