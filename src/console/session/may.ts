import type { Role } from '../api/types.ts'
import { me } from './session.ts'

const MANAGERS: Role[] = ['super_admin', 'admin']
const SUPER_ADMIN: Role[] = ['super_admin']

/** Whom the console shows what to. The API decides, by a table of its own. */
const SHOWN = {
  trail: SUPER_ADMIN,
  approvals: MANAGERS,
  'staff:manage': SUPER_ADMIN,
  clients: SUPER_ADMIN,
  'customers:manage': MANAGERS,
  'customers:write': ['super_admin', 'admin', 'customer_success'],
  'requests:create': ['customer_success'],
  'requests:decide': SUPER_ADMIN,
  'break-glass': SUPER_ADMIN,
  'kill-switch': SUPER_ADMIN,
  'dead-letters': SUPER_ADMIN,
  'keys:oversee': SUPER_ADMIN,
} satisfies Record<string, Role[]>

export type Thing = keyof typeof SHOWN

/** Returns whether the person is shown a thing. */
export const may = (thing: Thing): boolean =>
  me.value != null && (SHOWN[thing] as Role[]).includes(me.value.role)

/** The roles as people say them. */
export const ROLE_NAMES: Record<Role, string> = {
  super_admin: 'Super admin',
  admin: 'Admin',
  customer_success: 'Customer success',
  banking_operations: 'Banking operations',
}
