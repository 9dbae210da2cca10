/** All refusals: code → status and the text that the caller reads. None describes internals. */
const ERRORS = {
  malformed_body: [400, 'The request body is malformed'],
  credentials_ambiguous: [400, 'Send either X-API-KEY, or X-ADMIN-API-KEY with X-CUSTOMER-ID, not both'],
  credentials_malformed: [400, 'A credential header is empty, repeated or named by Connection'],
  customer_id_missing: [400, 'X-ADMIN-API-KEY needs X-CUSTOMER-ID'],
  admin_key_missing: [400, 'X-CUSTOMER-ID needs X-ADMIN-API-KEY'],
  idempotency_key_invalid: [400, 'Idempotency-Key is not 1 to 255 characters of visible ASCII'],
  reason_missing: [400, 'This key needs X-ADMIN-REASON'],
  account_request_pending: [400, 'A pending request for this user already exists'],
  user_disabled: [400, 'user is already disabled'],
  user_not_disabled: [400, 'user is not disabled'],
  path_malformed: [
    400,
    'The path has to be in its normal form: no dot or empty segments, no encoded slashes',
  ],
  reason_invalid: [400, 'X-ADMIN-REASON is longer than 500 characters or not UTF-8'],
  client_unknown: [401, 'Unknown client'],
  checksum_missing: [401, 'SWI-CS is missing'],
  checksum_mismatch: [401, 'SWI-CS does not match the request'],
  checksum_expired: [401, 'SWI-CS was made more than 300 seconds ago, or ahead'],
  checksum_replayed: [401, 'SWI-CS was used before'],
  session_invalid: [401, 'The session is missing, expired or revoked'],
  login_invalid: [401, 'Invalid login details'],
  credentials_missing: [401, 'No API key was sent'],
  key_invalid: [401, 'The API key is not valid'],
  forbidden: [403, 'You may not do this'],
  password_change_required: [403, 'The password has to be changed first'],
  second_factor_required: [403, 'A second factor has to be set up first'],
  reauthentication_required: [403, 'Prove again who you are first: POST /admin/reauthenticate'],
  ip_refused: [403, 'This key may not be used from this address'],
  scope_insufficient: [403, 'This key may not do this'],
  own_key_required: [403, 'Only the customer itself may do this, with a key of its own'],
  customer_inactive: [403, 'The customer is not active'],
  impersonation_stopped: [403, 'Nobody may act for customers at the moment'],
  consent_required: [403, 'The customer has not approved this access'],
  access_closed: [403, 'The customer lets nobody of staff in'],
  not_found: [404, 'Not found'],
  admin_unknown: [404, 'Admin does not exist'],
  session_unknown: [404, 'Session does not exist'],
  client_id_unknown: [404, 'Client does not exist'],
  passkey_unknown: [404, 'Passkey does not exist'],
  totp_unknown: [404, 'There is no authenticator app'],
  api_key_unknown: [404, 'API key does not exist'],
  grant_unknown: [404, 'Access grant does not exist'],
  customer_unknown: [404, 'Customer does not exist'],
  list_unknown: [404, 'List does not exist'],
  contact_unknown: [404, 'Contact does not exist'],
  audit_entry_unknown: [404, 'Audit entry does not exist'],
  dead_letter_unknown: [404, 'Dead letter does not exist'],
  account_request_unknown: [404, 'Request does not exist'],
  method_not_allowed: [405, 'Method not allowed'],
  contact_exists: [409, 'A contact with this email exists'],
  member_exists: [409, 'The contact is in this list already'],
  self_action: [409, 'You may not do this to yourself'],
  api_key_inactive: [409, 'The API key is revoked or expired'],
  grant_exists: [409, 'You have asked for this access already'],
  grant_inactive: [409, 'The access grant is not active'],
  grant_not_waiting: [409, 'The access grant does not wait for this decision'],
  customer_pending_delete: [409, 'The customer is about to be deleted'],
  account_request_decided: [409, 'The request has been decided already'],
  dead_letter_appended: [409, 'The entry of this dead letter is in the trail already'],
  last_factor: [409, 'Your role needs a second factor, and this is the last one'],
  passkey_limit: [409, 'An account has 10 passkeys at most'],
  passkey_exists: [409, 'This passkey is registered already'],
  last_super_admin: [409, 'The last enabled super_admin stays as it is'],
  not_locked: [409, 'The account is not locked'],
  idempotency_secret_gone: [409, 'The key that the first request made was shown once, to its caller'],
  body_too_large: [413, 'The request body is too large'],
  too_many_rows: [413, 'A bulk request takes at most 10,000 rows'],
  unsupported_media_type: [415, 'Send JSON, a URL-encoded form or a multipart form'],
  idempotency_key_reused: [422, 'This Idempotency-Key was used for another request'],
  invalid: [422, 'The request is invalid'],
  throttled: [429, 'Too many attempts, try again later'],
  internal: [500, 'Something went wrong'],
  upgrade_unsupported: [501, 'Upgrades, WebSockets among them, are not passed on'],
  customer_api_unavailable: [502, 'The API behind this path cannot be reached'],
  mail_unavailable: [502, 'The mail could not be sent, nothing was done'],
  dependency_unavailable: [503, 'A dependency is unavailable, nothing was done'],
  audit_unavailable: [503, 'The audit trail is unavailable, nothing was done'],
  customer_api_timeout: [504, 'The API behind this path did not answer: whether it did anything is unknown'],
} as const satisfies Record<string, readonly [status: number, text: string]>

export type ErrorCode = keyof typeof ERRORS

/** The errors of invalid fields, by field. */
export type FieldErrors = Record<string, string[]>

/** Longer than the name of any member, and enough to recognize one. */
const MAX_NAME_LENGTH = 100

/** Returns a name from a caller, cut for an answer: one of megabytes would make an answer of megabytes. */
export const shownName = (name: string) =>
  name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH).toWellFormed()}…` : name

const shownFields = (fields: FieldErrors): FieldErrors =>
  Object.fromEntries(Object.entries(fields).map(([name, texts]) => [shownName(name), texts]))

/** The texts for invalid fields, which clients know. */
export const FIELD_TEXT = {
  blank: "can't be blank",
  invalid: 'is invalid',
  notIncluded: 'is not included in the list',
  unknown: 'does not exist',
  /** For a parameter or member that the route does not take. */
  unexpected: 'is unknown',
  taken: 'has already been taken',
} as const

/**
 * Seconds after which a caller may try again, by status: the period of a rate limit (wrangler.toml), or a moment for
 * an outage.
 */
const RETRY_AFTER_SECONDS: Partial<Record<number, number>> = { 429: 60, 503: 5 }

interface AppErrorOptions {
  /** Replaces the table's text, if the contract has its own wording. */
  message?: string
  fields?: FieldErrors
  /** Facts for the body beside the text, such as the uid of what is in the way. */
  details?: Record<string, unknown>
  headers?: Record<string, string>
  /** The reason behind the code, for the log alone: it would tell a stranger which keys exist. */
  because?: string | undefined
  cause?: unknown
}

/** A refusal to answer to the caller. Any other error is answered as `internal`. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly fields: FieldErrors | undefined
  readonly details: Record<string, unknown>
  readonly headers: Record<string, string>
  readonly because: string | null

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? ERRORS[code][1], { cause: options.cause })
    this.code = code
    this.fields = options.fields && shownFields(options.fields)
    this.details = options.details ?? {}
    this.because = options.because ?? null
    const retryAfter = RETRY_AFTER_SECONDS[this.status]
    this.headers = { ...(retryAfter && { 'Retry-After': `${retryAfter}` }), ...options.headers }
  }

  get status() {
    return ERRORS[this.code][0]
  }
}

/** Returns the 422 of one field. */
export const invalidField = (field: string, text: string) =>
  new AppError('invalid', { fields: { [field]: [text] } })

type UnknownCode = Extract<ErrorCode, `${string}_unknown`>

/** Returns the row of a look-up. @throws AppError `code` if there is none */
export function orUnknown<Row>(row: Row | undefined, code: UnknownCode): Row {
  if (row === undefined) throw new AppError(code)
  return row
}

/**
 * Returns the result of a call to a dependency before which nothing was done.
 * @throws AppError dependency_unavailable if the call fails for any reason but a refusal of ours
 */
export async function orUnavailable<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('dependency_unavailable', { cause })
  }
}
