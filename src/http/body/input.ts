import type * as z from 'zod'
import { Form, type FormNode } from './form.ts'

/** What a schema expects, as far as it decides how what was sent is read. */
export type Shape =
  | { kind: 'object'; members: Record<string, z.core.$ZodType>; isStrict: boolean }
  | { kind: 'array'; element: z.core.$ZodType; maximum: number }
  /** An object with members of any name, such as `fields`. */
  | { kind: 'map' }
  | { kind: 'value' }

/** How many members that are unknown a schema is to see: more than an answer tells of. */
const MAX_UNKNOWN = 100

/** Stands for what a form says and its schema cannot mean: no schema takes it. */
const UNREADABLE = Symbol('unreadable')

/**
 * What was sent, as `schema` is to see it. PHP's empty array is an empty object where one is expected, and of an array
 * that is too long, or of members that are unknown, there is no more than shows that it is wrong.
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

/** The schema says what a name with brackets is about: `a[0]` is an item of a list or a member named 0. */
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

/** The members that were sent; what no member takes stands for itself, for its schema to refuse, unless it is a file. */
const namedMembers = (members: Record<string, z.core.$ZodType>, node: FormNode) =>
  [...node.members].flatMap(([name, sent]): [string, unknown][] => {
    const expected = memberOf(members, name)
    if (expected) return [[name, readForm(expected, sent)]]
    return isFile(sent) ? [] : [[name, UNREADABLE]]
  })

/** A list comes as `a[]` again and again, as `a[0]`, `a[1]` ..., or as `a` again and again. */
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

/** The members in order, if their names are the numbers from 0 on. */
function numbered(members: Map<string, FormNode>): FormNode[] | undefined {
  const items = Array.from({ length: members.size }, (_, i) => members.get(`${i}`))
  return items.every((item) => item !== undefined) ? items : undefined
}

/**
 * What no schema speaks of is read as PHP's `json_encode` writes it: a list if its numbers are those from 0 on, else an
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

/** The one text that was sent. */
function textOf(node: FormNode): unknown {
  const [value, ...others] = node.values
  return hasOnly(node, 'values') && others.length === 0 && typeof value === 'string' ? value : UNREADABLE
}

function hasOnly(node: FormNode, kind: keyof FormNode): boolean {
  const said = { values: node.values.length, items: node.items.length, members: node.members.size }
  const total = said.values + said.items + said.members
  return said[kind] === total
}

/** Whether nothing but files were sent under this name, with brackets or without. */
const isFile = (node: FormNode): boolean =>
  [...node.values, ...node.items].every((value) => typeof value !== 'string') &&
  [...node.members.values()].every(isFile)

const memberOf = (members: Record<string, z.core.$ZodType>, name: string) =>
  Object.hasOwn(members, name) ? members[name] : undefined

const shapes = new WeakMap<z.core.$ZodType, Shape>()

/** What a schema expects, whatever it makes of it. */
export function shapeOf(schema: z.core.$ZodType): Shape {
  const shape = shapes.get(schema) ?? makeShape(schema as z.core.$ZodTypes)
  shapes.set(schema, shape)
  return shape
}

function makeShape(schema: z.core.$ZodTypes): Shape {
  const { def } = schema._zod
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
      return shapeOf(def.innerType)
    case 'pipe':
      return shapeOf(def.in)
    case 'object':
      return { kind: 'object', members: def.shape, isStrict: isNever(def.catchall) }
    case 'array':
      return { kind: 'array', element: def.element, maximum: maximumOf(def.checks) }
    case 'custom':
      return { kind: 'map' }
    default:
      return { kind: 'value' }
  }
}

/** How many items a list may have. */
function maximumOf(checks: z.core.$ZodCheck<never>[] = []): number {
  const defs = checks.map((check) => check._zod.def as z.core.$ZodCheckMaxLengthDef)
  return defs.find(({ check }) => check === 'max_length')?.maximum ?? Number.POSITIVE_INFINITY
}

const isNever = (schema: z.core.$ZodType | undefined) => schema?._zod.def.type === 'never'
