import * as z from 'zod'
import { utf8 } from '../../base/encoding.ts'
import { FIELD_TEXT } from '../../errors.ts'

/** Above any nesting on purpose; SQLite's own functions stop at 1,000. */
const MAX_DEPTH = 100

interface JsonLimits {
  maxBytes: number
  maxKeys: number
}

/**
 * A schema for a JSON object of bounded size that the database returns as it was sent. zod's own record would drop
 * the key `__proto__`, which is a key like any other here.
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
  /** The least bytes of it as JSON, without its members. */
  bytes: number
  /** It survives being stored as JSON, whole numbers to the last digit. */
  isKeepable: boolean
}

/** Yields the keys and values within a value, one by one, so that the caller can stop early. */
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

/** Returns whether D1 and every reader keep a text as it is: no NUL, no lone surrogate. */
export const isStorable = (value: string) => value.isWellFormed() && !value.includes('\0')
