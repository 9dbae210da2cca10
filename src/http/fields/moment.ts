import * as z from 'zod'
import { FIELD_TEXT } from '../../errors.ts'

/** RFC 3339, section 5.6: `T` and `Z` in either case, and any number of digits of a second. */
const DATE_TIME =
  /^(\d{4}-\d\d-\d\d)[Tt]((?:[01]\d|2[0-3]):[0-5]\d):([0-5]\d|60)(?:\.(\d{1,60}))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/

const DATE = /^\d{4}-\d\d-\d\d$/

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** RFC 3339, section 1: years have four digits. In UTC too, or times as text would not be in the order of time. */
const FIRST = Date.parse('0000-01-01T00:00:00.000Z')
const LAST = Date.parse('9999-12-31T23:59:59.999Z')

/** A schema for a time in RFC 3339, or a date for its begin in UTC, as milliseconds since the Unix epoch. */
export const moment = () =>
  z
    .string()
    .meta({
      description: 'A time in RFC 3339. A date alone is its begin in UTC.',
      format: 'date-time',
      examples: ['2027-01-31T12:00:00Z'],
    })
    .transform((value, context) => {
      const milliseconds = momentOf(value)
      if (milliseconds !== undefined) return milliseconds
      context.addIssue({ code: 'custom', message: FIELD_TEXT.invalid })
      return z.NEVER
    })

/** Parses a time; undefined if it is none. Fractions are truncated to milliseconds. */
function momentOf(value: string): number | undefined {
  if (DATE.test(value)) return dayOf(value)
  const [, date = '', time, second, fraction = '', sign, hours, minutes] = DATE_TIME.exec(value) ?? []
  const day = dayOf(date)
  if (day === undefined) return undefined
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -1 : 1)
  const minute = Date.parse(`${date}T${time}Z`) - offset * MINUTE_MS
  const moment = minute + Number(second) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'))
  // A leap second, which only the last minute of a day in UTC has, is the begin of the next day, as in Unix time.
  if (second === '60' && (minute + MINUTE_MS) % DAY_MS !== 0) return undefined
  const counted = second === '60' ? minute + MINUTE_MS : moment
  return counted >= FIRST && counted <= LAST ? counted : undefined
}

/** Returns the begin of a day; undefined if the calendar does not have it. */
function dayOf(date: string): number | undefined {
  const milliseconds = Date.parse(`${date}T00:00:00Z`)
  const isReal = !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(date)
  return isReal && date !== '' ? milliseconds : undefined
}
