import { AppError } from '../../errors.ts'

/**
 * A limit above what a form of 10,000 contacts needs; a million of the shortest entries would fill the memory of an
 * isolate.
 */
const MAX_ENTRIES = 250_000

/** A limit above the nodes of 10,000 full contacts; nested names of three bytes a level expand a hundredfold. */
const MAX_NODES = 300_000

/** A file that came with a multipart form. */
export interface FormFile {
  filename: string
  /** The media type it claims to have, in lower case, without parameters; empty if none. */
  mediaType: string
  bytes: Uint8Array
}

export type FormValue = string | FormFile

/** An entry of a form, in the order sent. */
export type FormEntry = readonly [name: string, value: FormValue]

/** A node of a form's tree. */
export interface FormNode {
  /** Values sent as `name`. */
  values: FormValue[]
  /** Values sent as `name[]`. */
  items: FormValue[]
  /** Nodes sent as `name[member]`. */
  members: Map<string, FormNode>
}

/** The entries of a form. */
export class Form {
  readonly entries: readonly FormEntry[]

  /** @throws AppError body_too_large */
  constructor(entries: readonly FormEntry[]) {
    if (entries.length > MAX_ENTRIES) throw new AppError('body_too_large')
    this.entries = entries
  }

  /**
   * Returns the entries as a tree, by the naming of PHP's `http_build_query`, Laravel, Rails and jQuery: `a[b][]`.
   * @throws AppError body_too_large if nested names would make the tree fill the memory of an isolate
   */
  tree(): FormNode {
    const root = newNode()
    let nodes = 0
    const memberOf = (node: FormNode, name: string): FormNode => {
      const known = node.members.get(name)
      if (known) return known
      if (++nodes > MAX_NODES) throw new AppError('body_too_large')
      const member = newNode()
      node.members.set(name, member)
      return member
    }
    for (const [name, value] of this.entries) {
      const parts = partsOf(name)
      const isItem = parts.length > 1 && parts.at(-1) === ''
      const node = parts.slice(0, isItem ? -1 : undefined).reduce(memberOf, root)
      ;(isItem ? node.items : node.values).push(value)
    }
    return root
  }
}

const newNode = (): FormNode => ({ values: [], items: [], members: new Map() })

/** Two more levels than a member of a body may nest (see `jsonObject`). */
const MAX_PARTS = 102

/**
 * Splits a name: `a[b][]` into `a`, `b` and an empty part. A name with other brackets, or with `[]` before its end,
 * is one part and so unknown: clients disagree whether two entries `a[][b]` are about one item.
 */
function partsOf(name: string): string[] {
  const bracket = name.indexOf('[')
  if (bracket <= 0 || !name.endsWith(']')) return [name]
  const inner = name.slice(bracket + 1, -1).split('][')
  const isNested =
    inner.length < MAX_PARTS &&
    inner.every((part, i) => !/[[\]]/.test(part) && (part || i === inner.length - 1))
  return isNested ? [name.slice(0, bracket), ...inner] : [name]
}

/**
 * Parses an `application/x-www-form-urlencoded` text.
 * @throws URIError if an escape is broken or not UTF-8
 */
export const urlencodedEntries = (text: string): [name: string, value: string][] =>
  rawEntries(text).map(([name, value]) => [decoded(name), decoded(value)])

/** Splits the same text without decoding escapes. */
export const rawEntries = (text: string): [name: string, value: string][] =>
  text
    .split('&', MAX_ENTRIES + 1)
    .filter((entry) => entry !== '')
    .map((entry) => {
      const equals = entry.indexOf('=')
      return equals === -1 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)]
    })

/** @throws URIError if an escape is broken or not UTF-8 */
export const decoded = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))
