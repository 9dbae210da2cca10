import ipaddr from 'ipaddr.js'
import * as z from 'zod'
import { FIELD_TEXT } from '../../errors.ts'
import { textValue } from './values.ts'

/** The longest text of an IPv6 address, with a prefix. */
const MAX_LENGTH = '0000:0000:0000:0000:0000:ffff:255.255.255.255/128'.length

/** The 96 bits before an IPv4-compatible address (RFC 4291, section 2.5.5.1). */
const IPV4_COMPATIBLE: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('::'), 96]

/**
 * A schema for a range of IPv4 or IPv6 addresses in CIDR notation; a single address is a range of itself. A range of
 * IPv4 addresses written as IPv6 (`::ffff:192.0.2.0/120`) becomes the IPv4 range: callers are known by their IPv4
 * address.
 */
export const addressRange = () =>
  textValue('203.0.113.0/24').transform((value, context) => {
    const range = value.includes('/') ? value : `${value}/${value.includes(':') ? 128 : 32}`
    if (range.length <= MAX_LENGTH && isRange(range)) return asIpv4Range(range) ?? range
    context.addIssue({ code: 'custom', message: FIELD_TEXT.invalid })
    return z.NEVER
  })

/** Accepts four decimals or the forms of RFC 4291, and nothing that two parsers read as different ranges. */
function isRange(range: string): boolean {
  const [, address = '', bits] = /^([\da-f:.]+)\/(0|[1-9]\d*)$/i.exec(range) ?? []
  const [dotted] = /[^:]*\.[^:]*$/.exec(address) ?? []
  if (!ipaddr.isValidCIDR(range) || (dotted && !ipaddr.IPv4.isValidFourPartDecimal(dotted))) return false
  if (!address.includes(':')) return dotted !== undefined
  if (/[\da-f]{5}/i.test(address)) return false
  const network = ipaddr.IPv6.parse(address)
  // `::192.0.2.1` is deprecated, and IPv6 to one parser and IPv4 to another, ipaddr.js among them.
  if (dotted && (/^::\d+\./.test(address) || network.match(IPV4_COMPATIBLE))) return false
  // Of a range that begins in the mapped addresses and goes beyond, nobody knows which IPv4 addresses are meant.
  return !network.isIPv4MappedAddress() || Number(bits) >= 96
}

/** Returns the IPv4 range of a range of IPv4-mapped addresses; undefined if it is none. */
function asIpv4Range(range: string): string | undefined {
  const [network, bits] = ipaddr.parseCIDR(range)
  const isMapped = network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= 96
  return isMapped ? `${network.toIPv4Address()}/${bits - 96}` : undefined
}
