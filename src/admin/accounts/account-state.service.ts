import { and, eq, exists, inArray, isNotNull, isNull, ne, or, type SQL } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import type { Changed } from '../../audit/recording/changes.ts'
import type { AdminAccount } from '../../auth/accounts/account.ts'
import { endAllOf } from '../../auth/accounts/ending.ts'
import { mailUnlockLink } from '../../auth/accounts/unlock-link.ts'
import type { SessionActor } from '../../auth/actor.ts'
import { forgetKeys } from '../../auth/callers/admin-key.ts'
import { revokedUpTo } from '../../auth/callers/revocation.ts'
import { endSessions } from '../../auth/callers/session.ts'
import { endLoginsOf } from '../../auth/factors/login-tokens.ts'
import { endOf } from '../../auth/grants/ends.ts'
import type { Role } from '../../auth/permissions.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { accessGrants } from '../../db/schema/grants.ts'
import { adminSessions, admins } from '../../db/schema/staff.ts'
import { AppError } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import { adminIdOf, adminOrUnknown, getAdmin, selectAccount } from './accounts.service.ts'

type Actor = Pick<SessionActor, 'adminId' | 'role'>
type KeyStores = Pick<Stores, 'db' | 'kv' | 'later'>

/**
 * Disables an account and ends its sessions and grants. Doing it twice changes nothing.
 * @throws AppError self_action, admin_unknown, last_super_admin
 */
export async function disableAdmin(
  stores: KeyStores,
  actor: Actor,
  id: string,
  now: number,
): Promise<Changed<AdminAccount>> {
  if (actor.adminId === adminIdOf(id)) throw new AppError('self_action')
  const change = and(isNull(admins.disabledAt), isExpendable(stores.db))
  const changed = await changeAndEnd(stores, { id, change, endedBy: actor.adminId, now }, { disabledAt: now })
  if (changed.after.disabledAt === null) throw new AppError('last_super_admin')
  return changed
}

/**
 * Enables an account. The sessions it had stay ended. Doing it twice changes nothing.
 * @throws AppError admin_unknown
 */
export async function enableAdmin(db: Database, id: string): Promise<Changed<AdminAccount>> {
  const enabled = db
    .update(admins)
    .set({ disabledAt: null })
    .where(eq(admins.id, adminIdOf(id)))
  const { before, after } = await inOneTrip(db, {
    before: selectAccount(db, id),
    enabled,
    after: selectAccount(db, id),
  })
  return { before: adminOrUnknown(before[0], id), after: adminOrUnknown(after[0], id) }
}

/**
 * Gives an account a role and ends its sessions and grants, if it had another.
 * @throws AppError self_action, admin_unknown, last_super_admin
 */
export async function changeRole(
  stores: KeyStores,
  actor: Actor,
  id: string,
  role: Role,
  now: number,
): Promise<Changed<AdminAccount>> {
  if (actor.adminId === adminIdOf(id) && actor.role !== role) throw new AppError('self_action')
  const change = and(ne(admins.role, role), role === 'super_admin' ? undefined : isExpendable(stores.db))
  const changed = await changeAndEnd(stores, { id, change, endedBy: actor.adminId, now }, { role })
  if (changed.after.role !== role) throw new AppError('last_super_admin')
  return changed
}

/**
 * Ends all sessions and API keys of an account, and whatever else it made that lets anyone in; its password stays.
 * @throws AppError self_action, admin_unknown
 */
export async function revokeCredentials(
  { db, kv, later }: Stores,
  actor: Actor,
  id: string,
  now: number,
): Promise<Changed<AdminAccount>> {
  const adminId = adminIdOf(id)
  if (actor.adminId === adminId) throw new AppError('self_action')
  const { before, keys, after } = await inOneTrip(db, {
    before: selectAccount(db, id),
    ...endAllOf(db, adminId, actor.adminId, now),
    account: db.update(admins).set(revokedUpTo(now)).where(eq(admins.id, adminId)),
    after: selectAccount(db, id),
  })
  later('forget_keys', forgetKeys(kv, keys))
  return { before: adminOrUnknown(before[0], id), after: adminOrUnknown(after[0], id) }
}

/**
 * Mails the owner of a locked account a link that unlocks it.
 * @throws AppError admin_unknown, not_locked, mail_unavailable
 */
export async function sendUnlockLink(stores: Stores, id: string, now: number): Promise<AdminAccount> {
  const account = await getAdmin(stores.db, id)
  if (account.lockedUntil === null || account.lockedUntil <= now) throw new AppError('not_locked')
  if (!(await mailUnlockLink(stores, account, now))) throw new AppError('not_locked')
  return account
}

/**
 * Returns the condition that an account may stop being an enabled super_admin: it is none, or there is another. It
 * stands in the statement that makes the change, because between two statements two accounts could each be the
 * other's reason.
 */
function isExpendable(db: Database): SQL | undefined {
  const other = alias(admins, 'other')
  const another = db
    .select({ id: other.id })
    .from(other)
    .where(and(eq(other.role, 'super_admin'), isNull(other.disabledAt), ne(other.id, admins.id)))
  return or(ne(admins.role, 'super_admin'), isNotNull(admins.disabledAt), exists(another))
}

/**
 * Changes an account if the condition holds, and first ends all its sessions and grants, in one transaction. API keys
 * stay: what they can do follows from the account.
 */
async function changeAndEnd(
  { db, kv, later }: KeyStores,
  { id, change, endedBy, now }: { id: string; change: SQL | undefined; endedBy: number; now: number },
  values: Partial<Pick<AdminAccount, 'disabledAt' | 'role'>>,
): Promise<Changed<AdminAccount>> {
  const changing = and(eq(admins.id, adminIdOf(id)), change)
  const changed = db.select({ id: admins.id }).from(admins).where(changing)
  const { before, keys, after } = await inOneTrip(db, {
    before: selectAccount(db, id),
    ...endSessions(db, inArray(adminSessions.adminId, changed), now),
    logins: endLoginsOf(db, changed),
    grants: endOf(db, inArray(accessGrants.adminId, changed), { by: 'staff', adminId: endedBy }, now),
    account: db.update(admins).set(values).where(changing),
    after: selectAccount(db, id),
  })
  later('forget_keys', forgetKeys(kv, keys))
  return { before: adminOrUnknown(before[0], id), after: adminOrUnknown(after[0], id) }
}
