import { AppError, type ErrorCode } from '../errors.ts'
import type { AdminActor } from './actor.ts'
import { LIMIT_ERRORS } from './callers/key-limits.ts'
import type { StaffCaller } from './callers/staff-caller.ts'
import { isGivenBy, type Owed, type Permission, type PermissionRule, ruleOf } from './permissions.ts'

/** The refusals of sessions that owe something. */
const REFUSAL_OF: Record<Owed, ErrorCode> = { password_change: 'password_change_required' }

const OWED = Object.keys(REFUSAL_OF) as Owed[]

/** Returns the refusals of callers who are not permitted what a rule is about. */
export const refusalsUnder = ({ mayOwe }: PermissionRule): ErrorCode[] => [
  'session_invalid',
  ...OWED.flatMap((owed) => (mayOwe?.includes(owed) ? [] : REFUSAL_OF[owed])),
  'forbidden',
  'scope_insufficient',
  ...LIMIT_ERRORS,
]

/** Returns who calls, if they have the permission. Throws one of `refusalsUnder` its rule. */
export function permittedActor({ actor, refusal }: StaffCaller, permission: Permission): AdminActor {
  if (!actor) throw new AppError('session_invalid')
  const refused = refusal ?? refusalOf(actor, ruleOf(permission))
  if (refused) throw refused
  return actor
}

function refusalOf(actor: AdminActor, rule: PermissionRule): AppError | undefined {
  if (actor.via === 'api_key') {
    const reaches = !rule.ofAllCustomers || actor.customers === null
    return isGivenBy(rule, actor.scopes) && reaches ? undefined : new AppError('scope_insufficient')
  }
  const owed = actor.owes.find((each) => !rule.mayOwe?.includes(each))
  if (owed) return new AppError(REFUSAL_OF[owed])
  return rule.roles.includes(actor.role) ? undefined : new AppError('forbidden')
}
