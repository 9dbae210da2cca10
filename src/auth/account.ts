import { getTableColumns } from 'drizzle-orm'
import { admins, loginFailures } from '../db/schema.ts'
import { timestamp } from '../http/envelopes.ts'

const { passwordHash: _passwordHash, emailHash: _emailHash, ...publicColumns } = getTableColumns(admins)

/** What is read of an account to show it: never its password hash. Goes with a left join of `loginFailures`. */
export const adminColumns = { ...publicColumns, lockedUntil: loginFailures.lockedUntil }

/** An account with what decides on its state. */
export type AdminAccount = Omit<typeof admins.$inferSelect, 'passwordHash' | 'emailHash'> & {
  lockedUntil: number | null
}

/** Whether a moment, if there is one, has come. */
export const isPast = (moment: number | null, now: number) => moment !== null && moment <= now

/** The admin object of the contract. */
export const presentAdmin = (account: AdminAccount, now: number) => ({
  id: account.id,
  email: account.email,
  role: account.role,
  disabled: account.disabledAt !== null,
  locked: account.lockedUntil !== null && account.lockedUntil > now,
  has_changed_password: account.hasChangedPassword,
  password_expired: isPast(account.passwordExpiresAt, now),
  created_at: timestamp(account.createdAt),
  last_login_at: timestamp(account.lastLoginAt),
})
