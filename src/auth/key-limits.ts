import ipaddr from 'ipaddr.js'
import { AppError } from '../errors.ts'
import type { KeyAuthority } from './admin-api-key.ts'

const MAX_REASON_LENGTH = 500

const reasonOf = (headers: Headers) => headers.get('X-ADMIN-REASON')

/** Why the caller says it calls, as far as a record keeps it. */
export const recordedReason = (headers: Headers) => reasonOf(headers)?.slice(0, MAX_REASON_LENGTH) ?? null

/**
 * Checks what a key itself says of the calls it may be used for, whatever they are about.
 * @throws AppError ip_refused, reason_missing, reason_invalid
 */
export function checkLimits(authority: KeyAuthority, headers: Headers): void {
  checkAddress(authority, headers.get('CF-Connecting-IP'))
  const reason = reasonOf(headers)
  if (authority.requireReason && !reason?.trim()) throw new AppError('reason_missing')
  if (reason !== null && [...reason].length > MAX_REASON_LENGTH) throw new AppError('reason_invalid')
}

/**
 * What a deny names is refused whatever an allow says; so is a caller without an address where there is a list.
 * An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
 */
function checkAddress({ ipAllow, ipDeny }: KeyAuthority, ip: string | null): void {
  if (ipAllow.length === 0 && ipDeny.length === 0) return
  if (ip === null || !ipaddr.isValid(ip)) throw new AppError('ip_refused')
  const address = ipaddr.process(ip)
  const isIn = (ranges: string[]) =>
    ranges.some((range) => {
      const [network, bits] = ipaddr.parseCIDR(range)
      return network.kind() === address.kind() && address.match(network, bits)
    })
  if (isIn(ipDeny) || (ipAllow.length > 0 && !isIn(ipAllow))) throw new AppError('ip_refused')
}
