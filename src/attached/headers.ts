import { HEADERS } from '../http/headers.ts'

/** Headers for the next hop only (RFC 9110, section 7.6.1), and what the runtime writes itself. */
const HOP_BY_HOP = [
  ['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te'],
  ['trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'expect', 'host', 'content-length'],
].flat()

/** Headers for Steward: who calls, and why. */
const FOR_STEWARD: string[] = [
  ['authorization', 'cookie'],
  [HEADERS.CLIENT_ID, HEADERS.SIGNATURE, HEADERS.CUSTOMER_KEY, HEADERS.ADMIN_KEY, HEADERS.CUSTOMER_ID],
  [HEADERS.REASON, HEADERS.BOOKMARK, HEADERS.REQUEST_ID, HEADERS.AUDIT_ID],
]
  .flat()
  .map((name) => name.toLowerCase())

/** Headers by which some frameworks take another path than the one that was asked for. */
const OTHER_PATH = ['x-original-url', 'x-rewrite-url']

/** Headers by which some frameworks take another method: a scope for reading must not become one for writing. */
const OTHER_METHOD = ['x-http-method', 'x-http-method-override', 'x-method-override']

const NEVER_SENT = new Set([...HOP_BY_HOP, ...FOR_STEWARD, ...OTHER_PATH])
const NEVER_SENT_WITH_READS = new Set(OTHER_METHOD)

/** The prefix of what only Steward says to an attached API. */
const OWN_PREFIX = 'steward-'

export const ASSERTION_HEADER = 'Steward-Assertion'

/**
 * Returns the headers of a request that an attached API gets. They are copied as bytes: what is not UTF-8 stays what it
 * is.
 */
export function sentOn(headers: Headers, method: string): Headers {
  const isRead = method === 'GET' || method === 'HEAD'
  const named = connectionOptions(headers)
  return without(headers, (name) => {
    // To CGI, and what descends from it, X_API_KEY is X-API-KEY (RFC 3875, section 4.1.18).
    const read = name.replaceAll('_', '-')
    return (
      NEVER_SENT.has(read) ||
      named.has(name) ||
      read.startsWith(OWN_PREFIX) ||
      (isRead && NEVER_SENT_WITH_READS.has(read))
    )
  })
}

/** Headers of an answer that are Steward's to give, whether or not it does. Most are about all of its origin. */
const ONLY_OURS = [
  ['clear-site-data', 'nel', 'report-to', 'reporting-endpoints', 'alt-svc', 'service-worker-allowed'],
  [HEADERS.AUDIT_ID, HEADERS.REQUEST_ID].map((name) => name.toLowerCase()),
].flat()

/** The cookie of Steward's own pages begins so. */
const OWN_COOKIE = /^\s*__host-steward/i

/** Returns the headers of an attached API's answer as the caller gets them, with those that every answer has. */
export function sentBack(headers: Headers, ours: Headers): Headers {
  const named = connectionOptions(headers)
  const kept = without(
    headers,
    (name) =>
      (HOP_BY_HOP.includes(name) && name !== 'content-length') ||
      named.has(name) ||
      ONLY_OURS.includes(name) ||
      // Which pages may read an answer of this address is for CORS_ORIGINS to say.
      name.startsWith('access-control-'),
  )
  if (headers.getSetCookie().some((cookie) => OWN_COOKIE.test(cookie))) {
    kept.delete('set-cookie')
    for (const cookie of headers.getSetCookie())
      if (!OWN_COOKIE.test(cookie)) kept.append('set-cookie', cookie)
  }
  for (const [name, value] of ours) kept.set(name, value)
  return kept
}

/** The names that a Connection header makes hop-by-hop. */
const connectionOptions = (headers: Headers) =>
  new Set((headers.get('Connection') ?? '').toLowerCase().split(/[\s,]+/))

function without(headers: Headers, isDropped: (name: string) => boolean): Headers {
  const kept = new Headers(headers)
  for (const name of [...headers.keys()]) if (isDropped(name)) kept.delete(name)
  return kept
}
