import { ROLES, type Role } from '../db/schema/staff.ts'

export { ROLES, type Role }

/** What an admin API key can be limited to. `customers:write` covers reading. */
export const SCOPES = [
  'customers:read',
  'customers:write',
  'customers:manage',
  'customers:keys',
  'audit:read',
] as const
export type Scope = (typeof SCOPES)[number]

/** What an API key of an owner with this role can do at most. */
export const ROLE_SCOPES: Record<Role, readonly Scope[]> = {
  super_admin: SCOPES,
  admin: SCOPES,
  customer_success: ['customers:read', 'customers:write'],
  banking_operations: ['customers:read'],
}

/** What an API key may do that was asked for nothing: what its owner may, but make keys for customers. */
export const defaultScopes = (role: Role): Scope[] =>
  ROLE_SCOPES[role].filter((scope) => scope !== 'customers:keys')

/** The roles whose API keys can have a scope. */
export const rolesWithScope = (scope: Scope): Role[] =>
  ROLES.filter((role) => ROLE_SCOPES[role].includes(scope))

interface PermissionRule {
  /** Roles whose sessions have it. */
  roles: readonly Role[]
  /** The scope that gives it to an API key; absent: sessions only. */
  scope?: Scope
  /** Scopes that give it as well. */
  orScopes?: readonly Scope[]
  /** Not for a key that is limited to some customers: it is about all of them. */
  ofAllCustomers?: true
  /** Reading is an act as well: it is about customers' data, or about the trail. */
  recordsReads?: true
  /** Also for a session whose password has to be changed first. */
  withPendingPassword?: true
}

/** Who may do what on the admin surface. Routes name a row of this table, and nothing else decides. */
const PERMISSIONS = {
  'session:end': { roles: ROLES, withPendingPassword: true },
  'self:read': { roles: ROLES, withPendingPassword: true },
  'self:password': { roles: ROLES, withPendingPassword: true },
  'admins:read': { roles: ROLES },
  'admins:manage': { roles: ['super_admin'] },
  'api_keys:own': { roles: ROLES },
  'sessions:own': { roles: ROLES },
  'sessions:end_others': { roles: ['super_admin'] },
  'clients:manage': { roles: ['super_admin'] },
  'customers:read': {
    roles: ROLES,
    scope: 'customers:read',
    orScopes: ['customers:write', 'customers:manage'],
    recordsReads: true,
  },
  'customers:manage': { roles: ['super_admin', 'admin'], scope: 'customers:manage' },
  'customers:keys': { roles: ['super_admin', 'admin'], scope: 'customers:keys' },
  'audit:replay': { roles: ['super_admin'], recordsReads: true },
  'audit:read': { roles: ['super_admin'], scope: 'audit:read', ofAllCustomers: true, recordsReads: true },
} satisfies Record<string, PermissionRule>

export type Permission = keyof typeof PERMISSIONS

/** Permissions that only a session can have. */
export type SessionPermission = {
  [P in Permission]: (typeof PERMISSIONS)[P] extends { scope: Scope } ? never : P
}[Permission]

/** The row of the table for a permission. */
export const ruleOf = (permission: Permission): PermissionRule => PERMISSIONS[permission]

/** Whether these scopes of an API key give it a permission. */
export const isGivenBy = ({ scope, orScopes = [] }: PermissionRule, scopes: readonly Scope[]) =>
  scope !== undefined && [scope, ...orScopes].some((each) => scopes.includes(each))
