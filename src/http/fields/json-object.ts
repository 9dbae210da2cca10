import * as z from 'zod'
import { utf8 } from '../../base/encoding.ts'
import { FIELD_TEXT } from '../../errors.ts'

/** Deeper than that nobody nests on purpose; SQLite's own functions stop at 1,000. */
const MAX_DEPTH = 100

interface JsonLimits {
  maxBytes: number
  maxKeys: number
}

/**
 * A JSON object of bounded size that comes back from the database as it was sent. zod's own record would drop the
 * key `__proto__`, which is a key like any other here.
 */
export const jsonObject = (limits: JsonLimits) =>
  z
    .custom<Record<string, unknown>>(isObject, { error: FIELD_TEXT.invalid, abort: true })
    .superRefine((value, context) => {
      const fault = faultOf(value, limits)
      if (fault) context.addIssue({ code: 'custom', message: fault })
    })
    .meta({ type: 'object' })

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

function faultOf(value: Record<string, unknown>, { maxBytes, maxKeys }: JsonLimits): string | undefined {
  if (Object.keys(value).length > maxKeys) return `has too many keys (maximum is ${maxKeys})`
  const tooLarge = `is too large (maximum is ${maxBytes} bytes)`
  let room = maxBytes
  for (const part of partsOf(value)) {
    room -= part.bytes
    if (room < 0) return tooLarge
    if (!part.isKeepable)
      return `holds a text or number that cannot be kept, or nests deeper than ${MAX_DEPTH}`
  }
  return utf8(JSON.stringify(value)).length > maxBytes ? tooLarge : undefined
}

interface JsonPart {
  /** What JSON of it takes at least, without its members. */
  bytes: number
  /** Whether it is the same when it is stored as JSON and read again, whole numbers to the last digit. */
  isKeepable: boolean
}

/** The values and keys that a value consists of, one by one: who has seen enough stops. */
function* partsOf(value: unknown, depth = 0): Generator<JsonPart> {
  if (typeof value === 'string') return yield textPart(value)
  if (typeof value === 'number') return yield { bytes: 1, isKeepable: isExact(value) }
  if (typeof value !== 'object' || value === null) return yield { bytes: 4, isKeepable: true }
  yield { bytes: 2, isKeepable: depth < MAX_DEPTH }
  if (Array.isArray(value)) for (const item of value) yield* partsOf(item, depth + 1)
  else
    for (const [key, member] of Object.entries(value)) {
      yield textPart(key)
      yield* partsOf(member, depth + 1)
    }
}

const textPart = (text: string): JsonPart => ({ bytes: text.length, isKeepable: isStorable(text) })

const isExact = (value: number) =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))

/** Whether D1 and every reader keeps a text as it is: no NUL, no lone surrogate. */
export const isStorable = (value: string) => value.isWellFormed() && !value.includes('\0')
