import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import { once } from '../../base/once.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import { admins, loginFailures } from '../../db/schema/staff.ts'
import { timestamp } from '../../http/envelopes.ts'
import { textValue, timeValue } from '../../http/fields/values.ts'
import { ROLES } from '../permissions.ts'

const { passwordHash: _passwordHash, emailHash: _emailHash, ...publicColumns } = getTableColumns(admins)

/** The condition that the account of a query has a factor. By names: drizzle drops those of tables where it sees one. */
const has = (factor: string) =>
  sql`EXISTS (SELECT 1 FROM ${sql.raw(factor)})`.mapWith(Boolean) as SQL<boolean>

/** What makes a second factor of an account: any of these. */
const factorColumns = {
  hasPasskey: has('passkeys WHERE passkeys.admin_id = admins.id').as('has_passkey'),
  hasTotp: has('totp_secrets WHERE totp_secrets.admin_id = admins.id AND confirmed_at > 0').as('has_totp'),
}

/** The columns of an account that are shown: never its password hash. Needs a left join of `loginFailures`. */
export const adminColumns = { ...publicColumns, ...factorColumns, lockedUntil: loginFailures.lockedUntil }

/** The factors that an account can have beside its password. */
export const SECOND_FACTORS = ['passkey', 'totp'] as const
type SecondFactor = (typeof SECOND_FACTORS)[number]

/** An account with what decides on its state. */
export type AdminAccount = Omit<typeof admins.$inferSelect, 'passwordHash' | 'emailHash'> & {
  hasPasskey: boolean
  hasTotp: boolean
  lockedUntil: number | null
}

/** Returns the second factors of an account. */
export const secondFactorsOf = ({
  hasPasskey,
  hasTotp,
}: Pick<AdminAccount, 'hasPasskey' | 'hasTotp'>): SecondFactor[] =>
  SECOND_FACTORS.filter((factor) => ({ passkey: hasPasskey, totp: hasTotp })[factor])

/** Returns the hash by which an account and its failed logins are found, whatever the case of the email. */
export const emailHashOf = (email: string) => sha256Hex(email.toLowerCase())

/** Whether a moment, if there is one, has come. */
export const isPast = (moment: number | null, now: number) => moment !== null && moment <= now

/** An admin as staff see it. */
export const adminObject = once(() =>
  z
    .object({
      id: z
        .int()
        .positive()
        .meta({ examples: [11] }),
      email: textValue('grace@example.com'),
      role: z.enum(ROLES),
      disabled: z.boolean().meta({ examples: [false] }),
      locked: z.boolean().meta({ examples: [false] }),
      has_changed_password: z.boolean(),
      password_expired: z.boolean().meta({ examples: [false] }),
      second_factors: z.array(z.enum(SECOND_FACTORS)).meta({ examples: [['passkey', 'totp']] }),
      created_at: timeValue(),
      last_login_at: timeValue().nullable(),
    })
    .meta({ id: 'Admin' }),
)

export const presentAdmin = (
  account: AdminAccount,
  now: number,
): z.infer<ReturnType<typeof adminObject>> => ({
  id: account.id,
  email: account.email,
  role: account.role,
  disabled: account.disabledAt !== null,
  locked: account.lockedUntil !== null && account.lockedUntil > now,
  has_changed_password: account.hasChangedPassword,
  password_expired: isPast(account.passwordExpiresAt, now),
  second_factors: secondFactorsOf(account),
  created_at: timestamp(account.createdAt),
  last_login_at: timestamp(account.lastLoginAt),
})

/** An account as records tell the changes of it. */
export const toldAdmin = (account: AdminAccount, now: number) => ({
  ...presentAdmin(account, now),
  credentials_valid_from: timestamp(account.credentialsValidFrom || null),
})
