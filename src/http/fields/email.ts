import * as z from 'zod'

/** RFC 5321, section 4.5.3.1.3 and erratum 1690 */
const MAX_LENGTH = 254

/** RFC 5321, section 4.5.3.1.1 */
const MAX_LOCAL_LENGTH = 64

/** A dot-string (RFC 5321, section 4.1.2). Quoted strings, which nobody has, are refused. */
const LOCAL = /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/

/** A label of a host name (RFC 1123, section 2.1): letters, digits and hyphens, none of them at an end. */
const LABEL = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i

/** The last label is alphabetic (RFC 1123, section 2.1), or an A-label (RFC 5890, section 2.3.2.1). */
const LAST_LABEL = /^(?:[a-z]{2,}|xn--[a-z\d-]+)$/i

/** A schema for an email address whose host has two labels or more, kept as sent. */
export const email = () =>
  z
    .string()
    .max(MAX_LENGTH, { abort: true })
    .refine(isEmail)
    .meta({ format: 'email', examples: ['ada@example.com'] })

function isEmail(value: string): boolean {
  const at = value.lastIndexOf('@')
  const labels = value.slice(at + 1).split('.')
  const hasDomain = labels.length > 1 && labels.every((label) => LABEL.test(label))
  return (
    at > 0 &&
    at <= MAX_LOCAL_LENGTH &&
    LOCAL.test(value.slice(0, at)) &&
    hasDomain &&
    LAST_LABEL.test(labels.at(-1) ?? '')
  )
}
