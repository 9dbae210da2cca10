import * as z from 'zod'
import { FIELD_TEXT } from '../../errors.ts'
import { isStorable } from './json-object.ts'
import { uidValue } from './values.ts'

export { addressRange } from './address-range.ts'
export { email } from './email.ts'
export { jsonObject } from './json-object.ts'
export { moment } from './moment.ts'

export const text = () => z.string().refine(isStorable, { error: FIELD_TEXT.invalid })

/** Text of at most `max` Unicode code points. */
export const limitedText = (max: number) =>
  text()
    .refine((value) => hasAtMost(max, value), { error: `is too long (maximum is ${max} characters)` })
    .meta({ maxLength: max })

/** A code point is two units of a text at most: what is longer is not looked at. */
const hasAtMost = (max: number, value: string) => value.length <= 2 * max && [...value].length <= max

/** A name: something beside white space, at most 255 characters after trimming, kept as sent. */
export const name = () =>
  text()
    .refine((value) => value.trim() !== '', { error: FIELD_TEXT.blank })
    .refine((value) => hasAtMost(255, value.trim()), { error: 'is too long (maximum is 255 characters)' })
    .meta({ minLength: 1, maxLength: 255 })

/** What forms can say of a yes or no, beside JSON's own. */
export const flag = () =>
  z
    .union([
      z.boolean(),
      z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1'),
    ])
    .meta({ type: 'boolean' })

/** A whole number from 0 on, as the digits that queries and forms can say. */
export const digits = () =>
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .meta({ type: 'integer', minimum: 0 })

/** A whole number from 0 on, also as digits. */
const wholeNumber = () => z.union([z.int().nonnegative(), digits()]).meta({ type: 'integer', minimum: 0 })

const MAX_GRACE_SECONDS = 7 * 24 * 60 * 60

/** How long what is replaced goes on working: `grace_seconds`, not at all unless asked for. */
export const graceBody = () =>
  z.strictObject({
    grace_seconds: wholeNumber()
      .pipe(z.int().max(MAX_GRACE_SECONDS))
      .meta({ type: 'integer', minimum: 0, maximum: MAX_GRACE_SECONDS })
      .default(0),
  })

/** An IANA time zone. */
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

/** Text that may be none: null and the empty text, which is all a form can say, are the same. */
export const nullableText = (max: number) =>
  limitedText(max)
    .nullable()
    .transform((value) => value || null)

/** A customer's uid. */
export const uid = uidValue
