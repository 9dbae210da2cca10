import { eq } from 'drizzle-orm'
import { type AdminAccount, adminColumns } from '../auth/account.ts'
import type { Role } from '../auth/permissions.ts'
import { sha256Hex } from '../crypto/digest.ts'
import type { Database } from '../db/client.ts'
import { admins, loginFailures } from '../db/schema.ts'
import { AppError } from '../errors.ts'

/** @throws AppError admin_unknown, in the contract's words */
export async function getAdmin(db: Database, id: string): Promise<AdminAccount> {
  const [account] = await db
    .select(adminColumns)
    .from(admins)
    .leftJoin(loginFailures, eq(loginFailures.emailHash, admins.emailHash))
    .where(eq(admins.id, Number(id)))
  if (!account) throw new AppError('admin_unknown', { message: `Admin with id - ${id} -, does not exist` })
  return account
}

export interface NewAdmin {
  email: string
  role: Role
  passwordHash: string
}

/** Creates an account whose owner chose the password, and gives its id. */
export async function createAdmin(
  db: Database,
  { email, role, passwordHash }: NewAdmin,
  now: number,
): Promise<number> {
  const [created] = await db
    .insert(admins)
    .values({
      email,
      emailHash: sha256Hex(email.toLowerCase()),
      role,
      passwordHash,
      hasChangedPassword: true,
      createdAt: now,
    })
    .returning({ id: admins.id })
  if (!created) throw new Error('an insert that returned no row')
  return created.id
}
