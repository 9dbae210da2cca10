import ipaddr from 'ipaddr.js'
import * as z from 'zod'
import { AppError, type ErrorCode } from '../../errors.ts'
import { MAX_EXPLANATION_LENGTH } from '../../http/fields/inputs.ts'
import { HEADERS, isIntact, keptHeader } from '../../http/headers.ts'
import type { KeyAuthority } from '../key-authority.ts'

/** Returns the header that says why, for the OpenAPI document. */
export const reasonHeader = () => ({
  [HEADERS.REASON]: z
    .string()
    .max(MAX_EXPLANATION_LENGTH)
    .optional()
    .meta({
      description: 'Why an admin, or a script of theirs, calls: a ticket, say; kept in the audit trail.',
      examples: ['Ticket 4711'],
    }),
})

/** Why the caller says it calls, as far as a record keeps it. */
export function recordedReason(headers: Headers): string | null {
  const reason = keptHeader(headers, HEADERS.REASON)
  return reason && [...reason.slice(0, 2 * MAX_EXPLANATION_LENGTH)].slice(0, MAX_EXPLANATION_LENGTH).join('')
}

/** The refusals by the limits of a key. */
export const LIMIT_ERRORS = [
  'ip_refused',
  'reason_missing',
  'reason_invalid',
] as const satisfies readonly ErrorCode[]

/** Returns the refusal of a call by the limits of its key, whatever it is about; undefined if nothing. */
export function limitRefusal(key: KeyAuthority, headers: Headers): AppError | undefined {
  if (!isFromAllowed(key, headers.get(HEADERS.SOURCE_ADDRESS))) return new AppError('ip_refused')
  if (key.requireReason && !headers.get(HEADERS.REASON)?.trim()) return new AppError('reason_missing')
  return reasonRefusal(headers)
}

/** AppError reason_invalid for a reason that cannot be kept as it was sent; undefined if it can, or there is none. */
export function reasonRefusal(headers: Headers): AppError | undefined {
  const reason = headers.get(HEADERS.REASON)
  return reason === null || isReason(reason) ? undefined : new AppError('reason_invalid')
}

const isReason = (reason: string) =>
  isIntact(reason) &&
  reason.length <= 2 * MAX_EXPLANATION_LENGTH &&
  [...reason].length <= MAX_EXPLANATION_LENGTH

/**
 * Returns whether an address may use the key. A denied address is refused even if it is allowed; so is a caller
 * without an address where there is a list. An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
 */
function isFromAllowed({ ipAllow, ipDeny }: KeyAuthority, ip: string | null): boolean {
  if (ipAllow.length === 0 && ipDeny.length === 0) return true
  if (ip === null || !ipaddr.isValid(ip)) return false
  const address = ipaddr.process(ip)
  const isIn = (ranges: string[]) =>
    ranges.some((range) => {
      const [network, bits] = ipaddr.parseCIDR(range)
      return network.kind() === address.kind() && address.match(network, bits)
    })
  return !isIn(ipDeny) && (ipAllow.length === 0 || isIn(ipAllow))
}
