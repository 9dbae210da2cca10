import type { ApiKeyActor } from '../auth/actor.ts'
import { LIMIT_ERRORS, limitRefusal } from '../auth/callers/key-limits.ts'
import type { KeyAuthority } from '../auth/key-authority.ts'
import { ACTING, isGivenBy } from '../auth/permissions.ts'
import { AppError, type ErrorCode } from '../errors.ts'

/** A request by an admin key that is valid, for the customer it names. */
export interface ActingRequest {
  actor: ApiKeyActor
  key: KeyAuthority
  customerUid: string
  /** Whether it can change anything. */
  mode: keyof typeof ACTING
  /** Whether its route is for the customer's own keys. */
  isOwnKeyOnly: boolean
  headers: Headers
  /** The refusal by the rules of the credential headers. */
  malformed: AppError | undefined
}

/** Returns what refuses a request; undefined if nothing does. */
type Check = (request: ActingRequest) => AppError | undefined

const refusedIf = (isRefused: boolean, ...error: ConstructorParameters<typeof AppError>) =>
  isRefused ? new AppError(...error) : undefined

const headers: Check = ({ malformed }) => malformed

const stop: Check = ({ key }) => refusedIf(key.isStopped, 'impersonation_stopped')

const limits: Check = ({ key, headers }) => limitRefusal(key, headers)

const scope: Check = ({ actor, mode }) =>
  refusedIf(!isGivenBy(ACTING[mode], actor.scopes), 'scope_insufficient')

const ownKey: Check = ({ isOwnKeyOnly }) => refusedIf(isOwnKeyOnly, 'own_key_required')

/** A customer outside the key's set and one that does not exist are one answer. */
const reach: Check = ({ key, actor, customerUid }) =>
  refusedIf(
    key.customerStatus === null || (actor.customers !== null && !actor.customers.includes(customerUid)),
    'customer_unknown',
  )

const customer: Check = ({ key }) => refusedIf(key.customerStatus !== 'active', 'customer_inactive')

/** The customer's say, as it is at this moment: whom it has let in under another policy, it may not any more. */
const consent: Check = ({ key: { supportAccess, grant } }) => {
  const asks = supportAccess === 'ask' || supportAccess === 'closed'
  const isApproved = supportAccess === 'ask' && grant?.customerDecision === 'approved'
  return refusedIf(asks && !isApproved && !grant?.breakGlass, 'consent_required')
}

/** The refusals of the checks, besides those that a route declares itself and those of the credential headers. */
export const ACTING_ERRORS = [
  ...LIMIT_ERRORS,
  'impersonation_stopped',
  'scope_insufficient',
  'customer_unknown',
  'customer_inactive',
  'consent_required',
] as const satisfies readonly ErrorCode[]

/** The checks of a valid key that acts for a customer, in the order in which they answer. */
const CHECKS: readonly Check[] = [headers, stop, limits, scope, ownKey, reach, customer, consent]

/** @throws AppError the refusal of the first check that does not pass */
export function checkActing(request: ActingRequest): void {
  for (const check of CHECKS) {
    const refusal = check(request)
    if (refusal) throw refusal
  }
}
