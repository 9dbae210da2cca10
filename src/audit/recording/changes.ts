import type { RequestFacts, TargetType } from '../../http/context.ts'
import { recordable } from './recordable.ts'

/** A thing before and after a change; null: it is new. */
export interface Changed<Thing, Before = Thing> {
  before: Before
  after: Thing
}

/**
 * Which members of a thing its records tell the changes of: `shown` with their values, `hidden` by name alone, because
 * they are secrets or a customer's personal data.
 */
const TOLD = {
  account_request: { shown: ['status', 'reason', 'super_admin_comment', 'user_status'], hidden: [] },
  access_grant: {
    shown: [
      'status',
      'mode',
      'reason',
      'ticket',
      'break_glass',
      'waits_for',
      'decisions',
      'expires_at',
      'ended_by',
      'review',
    ],
    hidden: ['key'],
  },
  admin: {
    shown: [
      'email',
      'role',
      'disabled',
      'locked',
      'has_changed_password',
      'second_factors',
      'credentials_valid_from',
    ],
    hidden: ['password', 'totp', 'recovery_codes'],
  },
  api_key: {
    shown: [
      'name',
      'scopes',
      'customers',
      'ip_allow',
      'ip_deny',
      'require_reason',
      'expires_at',
      'revoked_at',
    ],
    hidden: ['key'],
  },
  client: {
    shown: ['name', 'disabled', 'require_bound_signatures', 'previous_secret_expires_at'],
    hidden: ['secret'],
  },
  customer: {
    shown: ['status', 'timezone', 'group', 'support_access', 'purge_at'],
    hidden: ['email', 'first_name', 'last_name', 'company'],
  },
  passkey: { shown: ['name', 'transports', 'backed_up'], hidden: [] },
  session: { shown: ['factors', 'waits_for'], hidden: [] },
  impersonation: { shown: ['stopped', 'reason'], hidden: [] },
} as const satisfies Partial<Record<TargetType, { shown: readonly string[]; hidden: readonly string[] }>>

export type ToldThing = keyof typeof TOLD

/** Sets what a request changed of a thing, as the API shows it, for the record of the act. */
export function setChanges(
  facts: RequestFacts,
  thing: ToldThing,
  change: Changed<object, object | null>,
): void {
  facts.changes = changesBetween(thing, change)
}

const HIDDEN = '[redacted]'

/**
 * Returns what a change changed, for its record: of each member told of whose value differs, the value before and the
 * one after, as the API shows them. Null if nothing differs.
 */
export function changesBetween(
  thing: ToldThing,
  { before, after }: Changed<object, object | null>,
): RequestFacts['changes'] {
  const { shown, hidden }: { shown: readonly string[]; hidden: readonly string[] } = TOLD[thing]
  const memberOf = (of: object | null, member: string): unknown => (of && Reflect.get(of, member)) ?? null
  const changes = [...shown, ...hidden].flatMap((member): [string, [unknown, unknown]][] => {
    const [old, now] = [memberOf(before, member), memberOf(after, member)]
    if (JSON.stringify(old) === JSON.stringify(now)) return []
    const isHidden = hidden.includes(member)
    const shownAs = (value: unknown) => (isHidden && value !== null ? HIDDEN : recorded(value))
    return [[member, [shownAs(old), shownAs(now)]]]
  })
  return changes.length === 0 ? null : Object.fromEntries(changes)
}

/** Names and comments that people choose are text from outside: a key may have been pasted into one. */
function recorded(value: unknown): unknown {
  if (typeof value === 'string') return recordable(value)
  if (Array.isArray(value)) return value.map(recorded)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, recorded(member)]))
}
