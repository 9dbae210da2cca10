import { AppError } from '../../errors.ts'

/** More than a form of 10,000 contacts has; a million of the shortest would fill the memory of an isolate. */
const MAX_ENTRIES = 250_000

/** What 10,000 contacts with all their members make; a name of three bytes a level makes a hundred times its length. */
const MAX_NODES = 300_000

/** A file that came with a multipart form. */
export interface FormFile {
  filename: string
  /** The media type it claims to have, in lower case, without parameters; empty if none. */
  mediaType: string
  bytes: Uint8Array
}

export type FormValue = string | FormFile

/** What a form sends, in order. */
export type FormEntry = readonly [name: string, value: FormValue]

/** What a form says under one name. */
export interface FormNode {
  /** Sent under this very name. */
  values: FormValue[]
  /** Sent under this name with `[]`. */
  items: FormValue[]
  /** Sent under this name with `[member]`. */
  members: Map<string, FormNode>
}

/** A form as it was sent. */
export class Form {
  readonly entries: readonly FormEntry[]

  /** @throws AppError body_too_large */
  constructor(entries: readonly FormEntry[]) {
    if (entries.length > MAX_ENTRIES) throw new AppError('body_too_large')
    this.entries = entries
  }

  /**
   * The entries as a tree, by the names that PHP's `http_build_query`, Laravel, Rails and jQuery write: `a[b][]`.
   * @throws AppError body_too_large if their names nest so that the tree would fill the memory of an isolate
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
 * The parts of `a[b][]`: `a`, `b` and an empty one. A name with other brackets, or with `[]` before its end, is one
 * part and so unknown: of two entries `a[][b]` clients disagree whether they are about one item.
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

/** The entries of an `application/x-www-form-urlencoded` text. @throws URIError if an escape is broken or not UTF-8 */
export const urlencodedEntries = (text: string): [name: string, value: string][] =>
  rawEntries(text).map(([name, value]) => [decoded(name), decoded(value)])

/** The same before escapes are read. */
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
