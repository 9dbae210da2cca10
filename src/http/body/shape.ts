import type * as z from 'zod'

/** The kind of value that a schema expects, which decides how input is read. */
export type Shape =
  | { kind: 'object'; members: Record<string, z.core.$ZodType>; isStrict: boolean }
  | { kind: 'array'; element: z.core.$ZodType; maximum: number }
  /** An object with any members, such as `fields`. */
  | { kind: 'map' }
  | { kind: 'value' }

const shapes = new WeakMap<z.core.$ZodType, Shape>()

/** Returns the kind of value that a schema expects before its transforms. */
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

/** Returns the most items that a list may have. */
function maximumOf(checks: z.core.$ZodCheck<never>[] = []): number {
  const defs = checks.map((check) => check._zod.def as z.core.$ZodCheckMaxLengthDef)
  return defs.find(({ check }) => check === 'max_length')?.maximum ?? Number.POSITIVE_INFINITY
}

const isNever = (schema: z.core.$ZodType | undefined) => schema?._zod.def.type === 'never'
