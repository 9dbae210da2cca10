import { AppError, type ErrorCode } from '../../errors.ts'
import { HEADERS } from '../../http/headers.ts'

/**
 * The credentials of a call to the customer surface. An impersonation that breaks the rules of the headers still
 * names a key and a customer, so it comes with its refusal: if the key is valid, the attempt goes on record.
 */
export type Credentials =
  | { kind: 'customer'; key: string }
  | { kind: 'impersonation'; key: string; customerUid: string; refusal: AppError | undefined }

/** The refusals of credential headers of the customer surface. */
export const CREDENTIAL_ERRORS = [
  'credentials_missing',
  'credentials_ambiguous',
  'credentials_malformed',
  'customer_id_missing',
  'admin_key_missing',
] as const satisfies readonly ErrorCode[]

/**
 * Reads the credential headers. Which of them count, and how often, is settled before anything is looked up.
 * Throws one of `CREDENTIAL_ERRORS`.
 */
export function readCredentials(headers: Headers): Credentials {
  const customerKey = headers.get(HEADERS.CUSTOMER_KEY)
  const key = headers.get(HEADERS.ADMIN_KEY)
  const customerUid = headers.get(HEADERS.CUSTOMER_ID)
  const code = malformed(headers) ? 'credentials_malformed' : combinationError(customerKey, key, customerUid)
  const refusal = code && new AppError(code)
  if (key !== null && customerUid !== null) return { kind: 'impersonation', key, customerUid, refusal }
  if (refusal) throw refusal
  return { kind: 'customer', key: customerKey ?? '' }
}

/**
 * The admin key of a call to the admin surface, where it stands for a client and a session; undefined if there is none.
 * @throws AppError credentials_ambiguous, credentials_malformed
 */
export function readAdminKey(headers: Headers): string | undefined {
  const key = headers.get(HEADERS.ADMIN_KEY)
  if (key === null) return undefined
  if (malformed(headers, [HEADERS.ADMIN_KEY])) throw new AppError('credentials_malformed')
  if (headers.has('Authorization') || headers.has(HEADERS.CUSTOMER_KEY)) {
    throw new AppError('credentials_ambiguous', {
      message: 'Send either X-ADMIN-API-KEY or a session, not both',
    })
  }
  return key
}

function combinationError(
  customerKey: string | null,
  key: string | null,
  customerUid: string | null,
): (typeof CREDENTIAL_ERRORS)[number] | undefined {
  if (customerKey !== null) return key !== null || customerUid !== null ? 'credentials_ambiguous' : undefined
  if (key === null) return customerUid === null ? 'credentials_missing' : 'admin_key_missing'
  return customerUid === null ? 'customer_id_missing' : undefined
}

/** A header sent twice arrives joined by a comma; one that Connection names is meant for the next hop only. */
function malformed(
  headers: Headers,
  names = [HEADERS.CUSTOMER_KEY, HEADERS.ADMIN_KEY, HEADERS.CUSTOMER_ID],
): boolean {
  const hopByHop = (headers.get('Connection') ?? '').toUpperCase().split(/[\s,]+/)
  return names.some((name) => {
    const value = headers.get(name)
    return value !== null && (value.trim() === '' || value.includes(',') || hopByHop.includes(name))
  })
}
