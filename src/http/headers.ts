/** The headers of this API, by what they say; those that every API has go by their names. */
export const HEADERS = {
  CLIENT_ID: 'SWI-CID',
  SIGNATURE: 'SWI-CS',
  CUSTOMER_KEY: 'X-API-KEY',
  ADMIN_KEY: 'X-ADMIN-API-KEY',
  CUSTOMER_ID: 'X-CUSTOMER-ID',
  REASON: 'X-ADMIN-REASON',
  IDEMPOTENCY_KEY: 'Idempotency-Key',
  REPLAYED: 'Idempotent-Replayed',
  BOOKMARK: 'X-D1-Bookmark',
  AUDIT_ID: 'X-Audit-Id',
  REQUEST_ID: 'X-Request-Id',
  REQUESTED_WITH: 'X-Requested-With',
  SOURCE_ADDRESS: 'CF-Connecting-IP',
  RETRY_AFTER: 'Retry-After',
} as const

/** The value of `X-Requested-With` by which a page of ours says that it calls. */
export const OWN_PAGE = 'steward-console'

/**
 * The cookie of a browser's session. With `__Host-` no other host, nor anyone on an unencrypted connection, can set one
 * of this name (RFC 6265bis §4.1.3.2).
 */
export const SESSION_COOKIE = '__Host-steward_session'

/** The runtime's replacement for header bytes that are not UTF-8, such as Latin-1. */
const REPLACEMENT = '\uFFFD'

/**
 * Returns whether the runtime could decode a header. A client that sends the replacement itself damaged the text
 * before.
 */
export const isIntact = (text: string) => !text.includes(REPLACEMENT)

/** Returns the text of a header; null if there is none, or its bytes are not UTF-8. */
export function keptHeader(headers: Headers, name: string): string | null {
  const text = headers.get(name)
  return text !== null && isIntact(text) ? text : null
}
