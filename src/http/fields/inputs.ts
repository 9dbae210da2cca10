import * as z from 'zod'
import { FIELD_TEXT } from '../../errors.ts'
import { isStorable } from './json-object.ts'
import { uidValue } from './values.ts'

export { addressRange } from './address-range.ts'
export { email } from './email.ts'
export { jsonObject } from './json-object.ts'
export { moment } from './moment.ts'

export const text = () => z.string().refine(isStorable, { error: FIELD_TEXT.invalid })

/** A schema for text of at most `max` Unicode code points. */
export const limitedText = (max: number) =>
  text()
    .refine((value) => hasAtMost(max, value), { error: `is too long (maximum is ${max} characters)` })
    .meta({ maxLength: max })

/** Counts code points. Each is at most two UTF-16 units, so longer text is refused without counting. */
const hasAtMost = (max: number, value: string) => value.length <= 2 * max && [...value].length <= max

/** The longest name with the white space at its ends, which is kept: a page's cursor has to hold it. */
const MAX_NAME_AS_SENT = 1_000

/** A schema for a name: not blank, at most 255 characters after trimming, kept as sent. */
export const name = () =>
  text()
    .refine((value) => value.trim() !== '', { error: FIELD_TEXT.blank })
    .refine((value) => hasAtMost(MAX_NAME_AS_SENT, value) && hasAtMost(255, value.trim()), {
      error: 'is too long (maximum is 255 characters)',
    })
    .meta({ minLength: 1, maxLength: 255 })

/** The longest reason or comment, `X-ADMIN-REASON` too, in characters. */
export const MAX_EXPLANATION_LENGTH = 500

/** A schema for text that says why: not blank. */
export const explanation = () =>
  limitedText(MAX_EXPLANATION_LENGTH)
    .refine((value) => value.trim() !== '', { error: FIELD_TEXT.blank })
    .meta({ minLength: 1 })

/** A schema for a boolean, also as forms write it. */
export const flag = () =>
  z
    .union([
      z.boolean(),
      z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1'),
    ])
    .meta({ type: 'boolean' })

/** A schema for a whole number from 0, as the digits of queries and forms. */
export const digits = () =>
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .meta({ type: 'integer', minimum: 0 })

/** A schema for a number of seconds, also as digits. */
export const seconds = (minimum: number, maximum: number) =>
  z
    .union([z.int(), digits()])
    .pipe(z.int().min(minimum).max(maximum))
    .meta({ type: 'integer', minimum, maximum })

const MAX_GRACE_SECONDS = 7 * 24 * 60 * 60

/** The body of a rotation: `grace_seconds` for which the replaced secret goes on working, 0 by default. */
export const graceBody = () => z.strictObject({ grace_seconds: seconds(0, MAX_GRACE_SECONDS).default(0) })

/** A schema for an IANA time zone. */
export const timezone = () =>
  z
    .string()
    .refine(isTimezone, { error: FIELD_TEXT.notIncluded })
    .meta({ examples: ['Europe/Berlin'] })

function isTimezone(value: string): boolean {
  try {
    // An offset such as +01:00 is one to the runtime, but names no place. No name has more than 64 characters.
    return /^[a-z][\w+/-]{0,63}$/i.test(value) && Intl.DateTimeFormat('en', { timeZone: value }) !== undefined
  } catch {
    return false
  }
}

/** A schema for optional text: null and empty text, the only null of a form, are the same. */
export const nullableText = (max: number) =>
  limitedText(max)
    .nullable()
    .transform((value) => value || null)

/** A customer's uid. */
export const uid = uidValue
