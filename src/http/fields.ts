import ipaddr from 'ipaddr.js'
import * as z from 'zod'
import { utf8 } from '../crypto/encoding.ts'
import { FIELD_TEXT } from '../errors.ts'
import { textValue, uidValue } from './schemas.ts'

/** Whether D1 and every reader keeps a text as it is: no NUL, no lone surrogate. */
const isStorable = (value: string) => value.isWellFormed() && !value.includes('\0')

export const text = () => z.string().refine(isStorable, { error: FIELD_TEXT.invalid })

/** Text of at most `max` Unicode code points. */
export const limitedText = (max: number) =>
  text().refine((value) => [...value].length <= max, { error: `is too long (maximum is ${max} characters)` })

/** A name: something beside white space, at most 255 characters after trimming, kept as sent. */
export const name = () =>
  text()
    .refine((value) => value.trim() !== '', { error: FIELD_TEXT.blank })
    .refine((value) => [...value.trim()].length <= 255, { error: 'is too long (maximum is 255 characters)' })

/** An email address, at most 254 characters (RFC 5321, section 4.5.3.1.3 and erratum 1690), kept as sent. */
export const email = () =>
  z
    .email()
    .max(254)
    .meta({ examples: ['ada@example.com'] })

/** What forms can say of a yes or no, beside JSON's own. */
export const flag = () =>
  z.union([
    z.boolean(),
    z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1'),
  ])

/** A whole number from 0 on, as the digits that queries and forms can say. */
export const digits = () =>
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)

/** A whole number from 1 on, as its digits. */
export const positiveDigits = () =>
  z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .transform(Number)

/** A whole number from 0 on, also as digits. */
const wholeNumber = () => z.union([z.int().nonnegative(), digits()])

const MAX_GRACE_SECONDS = 7 * 24 * 60 * 60

/** How long what is replaced goes on working: `grace_seconds`, not at all unless asked for. */
export const graceInput = () =>
  z.object({
    grace_seconds: wholeNumber().pipe(z.int().max(MAX_GRACE_SECONDS)).default(0),
  })

/** A time in RFC 3339 with its offset, as milliseconds since the Unix epoch. */
export const moment = () =>
  z.iso
    .datetime({ offset: true })
    .meta({ examples: ['2027-01-31T12:00:00Z'] })
    .transform((value) => Date.parse(value))

/** An IANA time zone. */
export const timezone = () => z.string().refine(isTimezone, { error: FIELD_TEXT.notIncluded })

function isTimezone(value: string): boolean {
  try {
    // An offset such as +01:00 is one to the runtime, but names no place.
    return /^[a-z]/i.test(value) && Intl.DateTimeFormat('en', { timeZone: value }) !== undefined
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

/**
 * A range of IPv4 or IPv6 addresses in CIDR notation; a single address stands for the range of itself. A range of
 * IPv4 addresses written as IPv6 (`::ffff:192.0.2.0/120`) is the IPv4 range: callers are known by their IPv4 address.
 */
export const addressRange = () =>
  textValue('203.0.113.0/24').transform((value, context) => {
    const range = value.includes('/') ? value : `${value}/${value.includes(':') ? 128 : 32}`
    if (isRange(range)) return asIpv4Range(range) ?? range
    context.addIssue({ code: 'custom', message: FIELD_TEXT.invalid })
    return z.NEVER
  })

/** Four decimals or the forms of RFC 4291, and nothing that one parser reads as another range than the next. */
function isRange(range: string): boolean {
  const [, address = '', bits] = /^([\da-f:.]+)\/(0|[1-9]\d*)$/i.exec(range) ?? []
  const [dotted] = /[^:]*\.[^:]*$/.exec(address) ?? []
  if (!ipaddr.isValidCIDR(range) || (dotted && !ipaddr.IPv4.isValidFourPartDecimal(dotted))) return false
  if (!address.includes(':')) return dotted !== undefined
  // Of a range that begins in the mapped addresses and goes beyond, nobody knows which IPv4 addresses are meant.
  return !ipaddr.IPv6.parse(address).isIPv4MappedAddress() || Number(bits) >= 96
}

/** The IPv4 range that a range of IPv4-mapped addresses stands for; undefined if it is none. */
function asIpv4Range(range: string): string | undefined {
  const [network, bits] = ipaddr.parseCIDR(range)
  const isMapped = network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= 96
  return isMapped ? `${network.toIPv4Address()}/${bits - 96}` : undefined
}

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
