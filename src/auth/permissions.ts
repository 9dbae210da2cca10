import { ROLES, type Role } from '../db/schema/staff.ts'
import type { TargetType } from '../http/context.ts'

export { ROLES, type Role }

/** The scopes of admin API keys. `customers:write` covers reading. */
export const SCOPES = [
  'customers:read',
  'customers:write',
  'customers:manage',
  'customers:keys',
  'audit:read',
] as const
export type Scope = (typeof SCOPES)[number]

/** The scopes that an owner's role covers. */
export const ROLE_SCOPES: Record<Role, readonly Scope[]> = {
  super_admin: SCOPES,
  admin: SCOPES,
  customer_success: ['customers:read', 'customers:write'],
  banking_operations: ['customers:read'],
}

/** Returns the default scopes of a key: all that its owner may, but making keys for customers. */
export const defaultScopes = (role: Role): Scope[] =>
  ROLE_SCOPES[role].filter((scope) => scope !== 'customers:keys')

/** The roles whose API keys can have a scope. */
export const rolesWithScope = (scope: Scope): Role[] =>
  ROLES.filter((role) => ROLE_SCOPES[role].includes(scope))

/** The scopes whose keys a session only makes after a fresh proof of who its owner is. */
export const STEP_UP_SCOPES: readonly string[] = [
  'customers:manage',
  'customers:keys',
  'audit:read',
] satisfies Scope[]

/** The duties of an account. A session that owes one may only use the permissions that allow it. */
export type Owed = 'password_change' | 'second_factor'

export interface PermissionRule {
  /** Roles whose sessions have it. */
  roles: readonly Role[]
  /** Scopes any of which gives it to an API key; absent: sessions only. */
  scopes?: readonly Scope[]
  /** Whose things it is about; absent: anyone's. Somebody else's are as unknown as what does not exist. */
  whose?: Whose
  /** Whose things the caller is told of, where these are more: somebody else's are forbidden then. */
  tellsOf?: Whose
  /** Not for a key that is limited to some customers: it is about all of them. */
  ofAllCustomers?: true
  /** Duties that a session may still owe. */
  mayOwe?: readonly Owed[]
  /** Whether the owner of a session must have proven who they are a moment ago: for all of it, or by what is sent. */
  stepUp?: 'always' | 'by_input'
  /** The type of resource that the parameter of the path names. */
  target?: TargetType
  /** Reading is an act as well: it is about customers' data, or about the trail. */
  recordsReads?: true
}

/** Whose things: the caller's own, and everyone's for these roles. */
export const SEES_ALL = {
  own: [],
  own_or_super_admin: ['super_admin'],
  own_or_admin: ['super_admin', 'admin'],
} as const satisfies Record<string, readonly Role[]>
type Whose = keyof typeof SEES_ALL

const OWN = { roles: ROLES, whose: 'own' } as const

/**
 * Who may do what on the admin surface. Routes name a row of this table, and nothing else decides. (That nobody does
 * some things to themselves, or to the last super_admin, is a conflict with the state of the account.)
 */
const PERMISSIONS = {
  'session:end': { ...OWN, mayOwe: ['password_change', 'second_factor'] },
  'self:read': { ...OWN, mayOwe: ['password_change', 'second_factor'] },
  'self:password': { ...OWN, mayOwe: ['password_change', 'second_factor'] },
  'self:prove': { ...OWN, mayOwe: ['second_factor'] },
  'factors:read': { ...OWN, mayOwe: ['second_factor'] },
  'factors:manage': { ...OWN, mayOwe: ['second_factor'], stepUp: 'always', target: 'passkey' },
  'admins:read': { roles: ROLES, target: 'admin' },
  // What keeps somebody out, or undoes that, must not wait for a proof.
  'admins:manage': { roles: ['super_admin'], target: 'admin' },
  'admins:empower': { roles: ['super_admin'], stepUp: 'always', target: 'admin' },
  // For keys with STEP_UP_SCOPES.
  'api_keys:create': { ...OWN, stepUp: 'by_input' },
  'api_keys:oversee': { roles: ROLES, whose: 'own_or_super_admin', target: 'api_key' },
  // Whoever holds the new key acts in the owner's name.
  'api_keys:roll': { ...OWN, tellsOf: 'own_or_super_admin', stepUp: 'by_input', target: 'api_key' },
  'sessions:own': { ...OWN, target: 'session' },
  'sessions:end_others': { roles: ['super_admin'], target: 'admin' },
  // For a break-glass.
  'access_grants:ask': { ...OWN, stepUp: 'by_input' },
  'access_grants:own': { ...OWN, target: 'access_grant' },
  'access_grants:read': { roles: ROLES, whose: 'own_or_admin', target: 'access_grant' },
  'access_grants:end': {
    roles: ROLES,
    whose: 'own_or_super_admin',
    tellsOf: 'own_or_admin',
    target: 'access_grant',
  },
  'access_grants:decide': { roles: ['super_admin', 'admin'], target: 'access_grant' },
  'access_grants:review': { roles: ['super_admin'], target: 'access_grant' },
  'impersonation:read': { roles: ROLES },
  'impersonation:switch': { roles: ['super_admin'], stepUp: 'always' },
  'clients:read': { roles: ['super_admin'] },
  'clients:manage': { roles: ['super_admin'], stepUp: 'always', target: 'client' },
  'customers:read': {
    roles: ROLES,
    scopes: ['customers:read', 'customers:write', 'customers:manage'],
    target: 'customer',
    recordsReads: true,
  },
  // A new customer is none of those that a key is limited to.
  'customers:create': {
    roles: ['super_admin', 'admin'],
    scopes: ['customers:manage'],
    ofAllCustomers: true,
  },
  'customers:manage': { roles: ['super_admin', 'admin'], scopes: ['customers:manage'], target: 'customer' },
  'customers:keys': { roles: ['super_admin', 'admin'], scopes: ['customers:keys'], target: 'customer' },
  // Whoever asks does not decide: no role has both.
  'account_requests:create': { roles: ['customer_success'], target: 'customer' },
  'account_requests:read': { roles: ROLES, target: 'account_request', recordsReads: true },
  'account_requests:decide': { roles: ['super_admin'], target: 'account_request' },
  'audit:replay': { roles: ['super_admin'], target: 'dead_letter', recordsReads: true },
  'audit:read': {
    roles: ['super_admin'],
    scopes: ['audit:read'],
    ofAllCustomers: true,
    target: 'audit_entry',
    recordsReads: true,
  },
} satisfies Record<string, PermissionRule>

export type Permission = keyof typeof PERMISSIONS

/** Permissions that only a session can have. */
export type SessionPermission = {
  [P in Permission]: (typeof PERMISSIONS)[P] extends { scopes: readonly Scope[] } ? never : P
}[Permission]

/** The row of the table for a permission. */
export const ruleOf = (permission: Permission): PermissionRule => PERMISSIONS[permission]

/** Who may act for a customer through its own endpoints, by whether the request can change anything. */
export const ACTING = {
  read: { scopes: ['customers:read', 'customers:write'] },
  write: { scopes: ['customers:write'] },
} as const satisfies Record<string, Pick<PermissionRule, 'scopes'>>

/** Whether these scopes of an API key give it what a rule is about. */
export const isGivenBy = ({ scopes = [] }: Pick<PermissionRule, 'scopes'>, given: readonly Scope[]) =>
  scopes.some((scope) => given.includes(scope))
