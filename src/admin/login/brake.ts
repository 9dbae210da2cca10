import { createMiddleware } from 'hono/factory'
import ipaddr from 'ipaddr.js'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import type { Env } from '../../env.ts'
import { AppError } from '../../errors.ts'
import { annotated } from '../../http/annotations.ts'
import { HEADERS } from '../../http/headers.ts'
import { logFailure } from '../../log.ts'

/**
 * Limits login attempts by address, and by client or, where a browser comes without one, by the network of the address.
 * Only Cloudflare sets CF-Connecting-IP, so what a caller claims does not count; nor does a client's id without its
 * signature. All browsers have nothing in common by which a stranger could keep them out. A throttled attempt is neither
 * checked nor recorded: a brake that costs a message for each push is none.
 */
export const brake = annotated(
  { operation: () => ({ errors: ['throttled'] }) },
  createMiddleware<AdminEnv>(async (c, next) => {
    const { clientId } = await c.var.authority.verify()
    const address = c.req.header(HEADERS.SOURCE_ADDRESS)
    const isWithin =
      (await isWithinLimit(c.env, 'LOGIN_RATE_LIMIT', address)) &&
      (await isWithinLimit(c.env, 'LOGIN_CLIENT_RATE_LIMIT', clientId ?? networkOf(address)))
    if (!isWithin) throw new AppError('throttled')
    return next()
  }),
)

/**
 * Returns the network of an address, as it is given to one site: 48 bits of IPv6 (RFC 6177), in which there are more
 * addresses than anyone could count logins of; 24 of IPv4.
 */
function networkOf(address: string | undefined): string | undefined {
  if (address === undefined || !ipaddr.isValid(address)) return undefined
  const processed = ipaddr.process(address)
  return processed.kind() === 'ipv6'
    ? `${ipaddr.IPv6.networkAddressFromCIDR(`${processed}/48`)}/48`
    : `${ipaddr.IPv4.networkAddressFromCIDR(`${processed}/24`)}/24`
}

/**
 * Returns whether a rate limit allows the attempt; true if it cannot be asked, because the lockout is the authority
 * on guessing.
 */
async function isWithinLimit(
  env: Env,
  binding: 'LOGIN_RATE_LIMIT' | 'LOGIN_CLIENT_RATE_LIMIT',
  key: string | undefined,
): Promise<boolean> {
  if (key === undefined) return true
  try {
    return (await env[binding].limit({ key })).success
  } catch (error) {
    logFailure({ binding }, error)
    return true
  }
}
