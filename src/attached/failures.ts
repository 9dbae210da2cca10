import { within } from '../base/within.ts'
import { AppError } from '../errors.ts'

/** How long an API may take to accept a connection before it counts as out of reach. */
const CONNECT_MS = 3_000

/**
 * Statuses that Cloudflare answers with for an origin that it cannot connect to, or that does not answer it
 * (https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/). They are no
 * answers of the API. A 522 is also what comes of a connection on which the request was not acknowledged.
 */
const NOT_CONNECTED = [521, 523, 525, 526, 530]
const NOT_REACHED = [522]
const NOT_ANSWERED = [520, 524]

/** A call of which nothing can have been sent: it did nothing. Of any other that failed nobody knows. */
export class NothingSent extends AppError {
  constructor() {
    super('customer_api_unavailable')
  }
}

/**
 * Returns the refusal for an answer that is none; undefined if it is one. A Worker that is bound, which has no origin,
 * got the call, whatever comes of what it asks of others.
 */
export function refusalOfAnswer(origin: string | null, { status }: Response): AppError | undefined {
  if (NOT_CONNECTED.includes(status))
    return origin === null ? new AppError('customer_api_unavailable') : new NothingSent()
  if (NOT_REACHED.includes(status)) return new AppError('customer_api_unavailable')
  // A response has a status from 200 to 599; an API has no business switching protocols.
  const isNone = status < 200 || status > 599
  return isNone || NOT_ANSWERED.includes(status) ? new AppError('customer_api_timeout') : undefined
}

/**
 * Returns the refusal for a call that failed before its answer began. The runtime says the same of an API that is not
 * there and of one that breaks off, so it is asked whether it is there now. That tells the caller where to look, and not
 * what was done: it may have taken the call and died of it.
 */
export async function refusalOfFailure(origin: string | null, cause: unknown): Promise<AppError> {
  const isOutOfReach = origin !== null && !(await accepts(new URL(origin)))
  return new AppError(isOutOfReach ? 'customer_api_unavailable' : 'customer_api_timeout', { cause })
}

/** Returns whether an address takes connections, with TLS where the API is called with TLS. */
async function accepts({ protocol, hostname, port }: URL): Promise<boolean> {
  // Node, where the OpenAPI document is checked, has no such module.
  const { connect } = await import('cloudflare:sockets')
  const isSecure = protocol === 'https:'
  const address = { hostname: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (isSecure ? 443 : 80) }
  const socket = connect(address, { secureTransport: isSecure ? 'on' : 'off', allowHalfOpen: false })
  // Whether it was opened is all that is asked.
  socket.closed.catch(() => undefined)
  const isOpen = await within(CONNECT_MS, socket.opened).then(
    () => true,
    () => false,
  )
  socket.close().catch(() => undefined)
  return isOpen
}
