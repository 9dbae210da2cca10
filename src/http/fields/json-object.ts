import * as z from 'zod'
import { utf8 } from '../../crypto/encoding.ts'
import { FIELD_TEXT } from '../../errors.ts'

/** Deeper than that nobody nests on purpose; SQLite's own functions stop at 1,000. */
const MAX_DEPTH = 100

/**
 * A JSON object of bounded size that comes back from the database as it was sent. zod's own record would drop the
 * key `__proto__`, which is a key like any other here.
 */
export const jsonObject = ({ maxBytes, maxKeys }: { maxBytes: number; maxKeys: number }) =>
  z
    .custom<Record<string, unknown>>(isObject, FIELD_TEXT.invalid)
    .refine((value) => Object.keys(value).length <= maxKeys, {
      error: `has too many keys (maximum is ${maxKeys})`,
    })
    .refine((value) => isKeepable(value), {
      error: `holds a text or number that cannot be kept, or nests deeper than ${MAX_DEPTH}`,
    })
    .refine((value) => !isKeepable(value) || utf8(JSON.stringify(value)).length <= maxBytes, {
      error: `is too large (maximum is ${maxBytes} bytes)`,
    })
    .meta({ type: 'object' })

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether D1 and every reader keeps a text as it is: no NUL, no lone surrogate. */
export const isStorable = (value: string) => value.isWellFormed() && !value.includes('\0')

/** Whether JSON of this value, stored and read again, is this value: texts, keys and whole numbers to the last digit. */
function isKeepable(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return isStorable(value)
  if (typeof value === 'number')
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
  if (typeof value !== 'object' || value === null) return true
  return (
    depth < MAX_DEPTH &&
    Object.entries(value).every(([key, member]) => isStorable(key) && isKeepable(member, depth + 1))
  )
}
