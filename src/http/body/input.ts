import type * as z from 'zod'
import { Form, type FormNode } from './form.ts'
import { shapeOf } from './shape.ts'

/** The most unknown members that reach a schema: more than an answer lists. */
const MAX_UNKNOWN = 100

/** Replaces form entries that no schema accepts. */
const UNREADABLE = Symbol('unreadable')

/**
 * Returns the input for `schema`. PHP's empty array becomes an empty object where one is expected; of an array that
 * is too long, or of unknown members, only enough is kept to show that it is wrong.
 */
export const readInput = (schema: z.core.$ZodType, sent: unknown): unknown =>
  sent instanceof Form ? readForm(schema, sent.tree()) : readJson(schema, sent)

function readJson(schema: z.core.$ZodType, sent: unknown): unknown {
  const shape = shapeOf(schema)
  if (Array.isArray(sent)) {
    if (shape.kind === 'array')
      return sent.slice(0, shape.maximum + 1).map((item) => readJson(shape.element, item))
    return sent.length === 0 && shape.kind !== 'value' ? {} : sent
  }
  if (shape.kind !== 'object' || typeof sent !== 'object' || sent === null) return sent
  return Object.fromEntries(readMembers(shape.members, sent))
}

function* readMembers(members: Record<string, z.core.$ZodType>, sent: object): Generator<[string, unknown]> {
  let unknown = 0
  for (const name of Object.keys(sent)) {
    const member: unknown = Reflect.get(sent, name)
    const expected = memberOf(members, name)
    if (expected) yield [name, readJson(expected, member)]
    else if (++unknown <= MAX_UNKNOWN) yield [name, member]
  }
}

/** Reads a node by its schema, which decides what `a[0]` is: an item of a list, or a member named 0. */
function readForm(schema: z.core.$ZodType, node: FormNode): unknown {
  const shape = shapeOf(schema)
  switch (shape.kind) {
    case 'object':
      return hasOnly(node, 'members') ? Object.fromEntries(namedMembers(shape.members, node)) : UNREADABLE
    case 'array':
      return readItems(shape.element, shape.maximum, node)
    case 'map':
      return hasOnly(node, 'members') ? freeObject(node.members) : UNREADABLE
    default:
      return textOf(node)
  }
}

/**
 * Reads the members that were sent. Values that no member accepts are kept for the schema to refuse, unless they are
 * files.
 */
const namedMembers = (members: Record<string, z.core.$ZodType>, node: FormNode) =>
  [...node.members].flatMap(([name, sent]): [string, unknown][] => {
    const expected = memberOf(members, name)
    if (expected) return [[name, readForm(expected, sent)]]
    return isFile(sent) ? [] : [[name, UNREADABLE]]
  })

/** Reads a list: repeated `a[]`, `a[0]`, `a[1]` ..., or repeated `a`. */
function readItems(element: z.core.$ZodType, maximum: number, node: FormNode): unknown {
  const items = itemsOf(node)
  return items?.slice(0, maximum + 1).map((item) => readForm(element, item)) ?? UNREADABLE
}

function itemsOf(node: FormNode): FormNode[] | undefined {
  if (hasOnly(node, 'members')) return numbered(node.members)
  const values = hasOnly(node, 'items') ? node.items : hasOnly(node, 'values') ? node.values : undefined
  return values?.map((value) => ({ values: [value], items: [], members: NO_MEMBERS }))
}

const NO_MEMBERS: FormNode['members'] = new Map()

/** Returns the members in order, if their names are consecutive numbers from 0. */
function numbered(members: Map<string, FormNode>): FormNode[] | undefined {
  const items = Array.from({ length: members.size }, (_, i) => members.get(`${i}`))
  return items.every((item) => item !== undefined) ? items : undefined
}

/**
 * Reads a value without a schema as PHP's `json_encode` writes it: a list if its keys are consecutive from 0, else an
 * object.
 */
function freeValue(node: FormNode): unknown {
  if (hasOnly(node, 'values')) return textOf(node)
  const items = itemsOf(node)
  if (items) return allReadable(items.map(freeValue))
  return hasOnly(node, 'members') ? freeObject(node.members) : UNREADABLE
}

function freeObject(members: Map<string, FormNode>): unknown {
  const read = [...members].map(([name, member]): [string, unknown] => [name, freeValue(member)])
  return read.some(([, value]) => value === UNREADABLE) ? UNREADABLE : Object.fromEntries(read)
}

const allReadable = (values: unknown[]) => (values.includes(UNREADABLE) ? UNREADABLE : values)

/** Returns the single text that was sent. */
function textOf(node: FormNode): unknown {
  const [value, ...others] = node.values
  return hasOnly(node, 'values') && others.length === 0 && typeof value === 'string' ? value : UNREADABLE
}

function hasOnly(node: FormNode, kind: keyof FormNode): boolean {
  const said = { values: node.values.length, items: node.items.length, members: node.members.size }
  const total = said.values + said.items + said.members
  return said[kind] === total
}

/** Returns whether only files were sent under this name, with brackets or without. */
const isFile = (node: FormNode): boolean =>
  [...node.values, ...node.items].every((value) => typeof value !== 'string') &&
  [...node.members.values()].every(isFile)

const memberOf = (members: Record<string, z.core.$ZodType>, name: string) =>
  Object.hasOwn(members, name) ? members[name] : undefined
