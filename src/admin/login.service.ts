import { eq } from 'drizzle-orm'
import type { AdminAccount } from '../auth/account.ts'
import { adminColumns } from '../auth/account.ts'
import { hashPassword, needsRehash, verifyPassword } from '../auth/passwords.ts'
import { newSession } from '../auth/session.ts'
import type { Database } from '../db/client.ts'
import { adminSessions, admins, loginFailures } from '../db/schema.ts'
import { AppError } from '../errors.ts'

export interface Login {
  token: string
  expiresAt: number
  account: AdminAccount
}

/**
 * Logs an admin in. An unknown email costs the same hash as a wrong password.
 * @throws AppError login_invalid, whatever the reason
 */
export async function login(db: Database, email: string, password: string, now: number): Promise<Login> {
  const [found] = await db
    .select({ account: adminColumns, passwordHash: admins.passwordHash })
    .from(admins)
    .leftJoin(loginFailures, eq(loginFailures.emailHash, admins.emailHash))
    .where(eq(admins.email, email))
  const matches = verifyPassword(password, found?.passwordHash)
  if (!matches || !found || found.account.disabledAt !== null) {
    throw new AppError('login_invalid', { details: { locked: false } })
  }
  const { account, passwordHash } = found
  const { token, row } = newSession(account.id, now)
  const rehashed = needsRehash(passwordHash) ? { passwordHash: hashPassword(password) } : {}
  await db.batch([
    db.insert(adminSessions).values(row),
    db
      .update(admins)
      .set({ lastLoginAt: now, ...rehashed })
      .where(eq(admins.id, account.id)),
  ])
  return { token, expiresAt: row.expiresAt, account: { ...account, lastLoginAt: now } }
}
