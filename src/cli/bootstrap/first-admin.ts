import { type SQL, sql } from 'drizzle-orm'
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'
import { newSecret } from '../../admin/clients/clients.service.ts'
import { pendingPassword, randomPassword } from '../../auth/accounts/passwords.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import { randomId } from '../../crypto/random.ts'
import { SealingKeys } from '../../crypto/sealed-secret.ts'
import { admins, clients } from '../../db/schema/staff.ts'

/** The first super_admin and the first client: their secrets to show, and the SQL that creates them. */
export interface FirstAdmin {
  email: string
  password: string
  client: { id: string; secret: string }
  /**
   * Two statements, each of which returns the id it inserted. If there is a super_admin already, neither inserts a
   * row.
   */
  statements: [makeAdmin: string, makeClient: string]
}

/** Returns the credentials and the SQL, without a database, which may be one that only wrangler reaches. */
export async function firstAdmin(email: string, sealingKeys: string, now: number): Promise<FirstAdmin> {
  const password = randomPassword()
  const row = await pendingPassword(password, now)
  const clientId = randomId('client')
  const { secret, sealedSecret } = await newSecret(new SealingKeys(sealingKeys), clientId)
  const emailHash = sha256Hex(email.toLowerCase())
  return {
    email,
    password,
    client: { id: clientId, secret },
    statements: [
      inline(sql`INSERT INTO ${admins}
        (email, email_hash, role, password_hash, has_changed_password, password_expires_at, created_at)
        SELECT ${email}, ${emailHash}, 'super_admin', ${row.passwordHash}, 0, ${row.passwordExpiresAt}, ${now}
        WHERE NOT EXISTS (SELECT 1 FROM ${admins} WHERE role = 'super_admin') RETURNING id`),
      // Goes with the account of this run only: its hash has a salt of its own.
      inline(sql`INSERT INTO ${clients} (id, name, sealed_secret, created_at)
        SELECT ${clientId}, 'First client', ${sealedSecret}, ${now}
        WHERE EXISTS (SELECT 1 FROM ${admins} WHERE password_hash = ${row.passwordHash}) RETURNING id`),
    ],
  }
}

/** Returns a statement as one line of text with its values escaped in it: the command line takes no parameters. */
const inline = (query: SQL) =>
  new SQLiteAsyncDialect().sqlToQuery(query.inlineParams()).sql.replace(/\s*\n\s*/g, ' ')
