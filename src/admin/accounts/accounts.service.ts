import { and, eq, sql } from 'drizzle-orm'
import { type AdminAccount, adminColumns, emailHashOf } from '../../auth/accounts/account.ts'
import { forgetFailures, unmirrorForgotten } from '../../auth/accounts/lockout.ts'
import { pendingPassword, RANDOM_PASSWORD_HOURS, randomPassword } from '../../auth/accounts/passwords.ts'
import type { Role } from '../../auth/permissions.ts'
import type { Database } from '../../db/client.ts'
import { boundedTotal, type PageRequest, paged, sortKey, startsWith } from '../../db/paging.ts'
import { type PlacesOf, prepared } from '../../db/prepared.ts'
import type { Reader } from '../../db/reader.ts'
import { admins, loginFailures, totals } from '../../db/schema/staff.ts'
import { AppError, FIELD_TEXT, type FieldErrors } from '../../errors.ts'
import { matchesRequest, type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import type { Stores } from '../../http/stores.ts'
import { newAccountMail } from '../../mail/accounts.ts'

/** The contract's message for the 422 of a new account. */
export const CREATION_REFUSED = 'Error occurred creating admin'

const selectAccounts = (db: Database) =>
  db.select(adminColumns).from(admins).leftJoin(loginFailures, eq(loginFailures.emailHash, admins.emailHash))

/**
 * Returns the number of an account's id. An id has one spelling, which is how records name it, so any other (`0002`)
 * is 0, which SQLite gives to no row by itself.
 */
export const adminIdOf = (id: string): number => (/^[1-9]\d{0,14}$/.test(id) ? Number(id) : 0)

export const selectAccount = (db: Database, id: string) =>
  selectAccounts(db).where(eq(admins.id, adminIdOf(id)))

/** Returns the account of a look-up. @throws AppError admin_unknown, in the contract's words */
export function adminOrUnknown(account: AdminAccount | undefined, id: string): AdminAccount {
  if (!account) throw new AppError('admin_unknown', { message: `Admin with id - ${id} -, does not exist` })
  return account
}

/** @throws AppError admin_unknown */
export async function getAdmin(db: Database, id: string): Promise<AdminAccount> {
  const [account] = await selectAccount(db, id)
  return adminOrUnknown(account, id)
}

/**
 * Returns an account to a caller whose authority is checked in the same round trip.
 * @throws AppError admin_unknown
 */
export async function readAdmin(reader: Reader, id: string): Promise<AdminAccount> {
  const { account } = await reader.read({ account: selectAccount(reader.db, id) })
  return adminOrUnknown(account[0], id)
}

const BY_AGE = sortKey({ id: admins.id })
const BY_EMAIL = sortKey({ email: admins.email, id: admins.id })

const selectByAge = prepared((db, page: PlacesOf<PageRequest>) =>
  paged(selectAccounts(db).$dynamic(), BY_AGE, page),
)

const selectCount = prepared((db) =>
  db.select({ rows: totals.rows }).from(totals).where(eq(totals.name, 'admins')),
)

/** Returns the accounts by age, or those whose email begins with `search` by email. */
export async function listAdmins(
  reader: Reader,
  search: string | undefined,
  query: PageQuery,
): Promise<Page<AdminAccount>> {
  if (search !== undefined) return searchAdmins(reader, search, query)
  const { db } = reader
  const page = pageRequest(query, BY_AGE)
  const { rows, total } = await reader.read({ rows: selectByAge(db, page), total: selectCount(db, {}) })
  return pageOf(rows, total[0]?.rows ?? 0, page, BY_AGE, (account) => account)
}

async function searchAdmins(reader: Reader, search: string, query: PageQuery): Promise<Page<AdminAccount>> {
  const { db } = reader
  const page = matchesRequest(query, BY_EMAIL, search)
  const matching = startsWith(admins.email, search, page.after !== undefined)
  const { rows, total } = await reader.read({
    rows: paged(selectAccounts(db).$dynamic(), BY_EMAIL, page, matching),
    total: boundedTotal(db, sql`SELECT id FROM admins WHERE ${startsWith(admins.email, search)}`),
  })
  return pageOf(rows, total[0]?.total ?? null, page, BY_EMAIL, (account) => account)
}

export interface NewAdmin {
  email: string
  role: Role
  passwordHash: string
}

/** Creates an account whose owner chose the password. Returns its id. */
export async function createAdmin(db: Database, input: NewAdmin, now: number): Promise<number> {
  const row = { ...input, emailHash: emailHashOf(input.email), hasChangedPassword: true, createdAt: now }
  const [created] = await db.insert(admins).values(row).returning({ id: admins.id })
  if (!created) throw new Error('an insert that returned no row')
  return created.id
}

/** Returns the errors of a new account's email that only the database can tell. */
export async function faultsOfEmail(db: Database, email: unknown): Promise<FieldErrors> {
  if (typeof email !== 'string') return {}
  const [known] = await db
    .select({ id: admins.id })
    .from(admins)
    .where(eq(admins.emailHash, emailHashOf(email)))
  return known ? { email: [FIELD_TEXT.taken] } : {}
}

/**
 * Creates an account and mails its owner a random password. The row comes first: only its insertion decides who gets
 * an email that two requests ask for at once, and only that one may mail. Until the mail is sent nobody has the
 * password, so nobody can log in. If it cannot be sent the row is deleted, unless somebody else has reset the
 * password meanwhile.
 * @throws AppError invalid if the email is taken; mail_unavailable, throttled, and then there is no account
 */
export async function inviteAdmin(
  { db, kv, mailer, settings, later }: Stores,
  { email, role }: Pick<NewAdmin, 'email' | 'role'>,
  now: number,
): Promise<AdminAccount> {
  const password = randomPassword()
  const pending = await pendingPassword(password, now)
  const emailHash = emailHashOf(email)
  const row = { email, emailHash, role, ...pending, createdAt: now }
  const [created] = await db.insert(admins).values(row).onConflictDoNothing().returning()
  if (!created)
    throw new AppError('invalid', { message: CREATION_REFUSED, fields: { email: [FIELD_TEXT.taken] } })
  const inserted = and(eq(admins.id, created.id), eq(admins.passwordHash, pending.passwordHash))
  try {
    await mailer.send(email, await newAccountMail(email, password, RANDOM_PASSWORD_HOURS, settings))
  } catch (error) {
    await db.delete(admins).where(inserted)
    throw error
  }
  // Who guessed at this email before there was an account must not keep its owner out.
  const forgotten = await forgetFailures(db, emailHash)
  const { passwordHash: _passwordHash, emailHash: _emailHash, ...account } = created
  later('unmirror_lock', unmirrorForgotten(kv, emailHash, forgotten))
  return { ...account, hasPasskey: false, hasTotp: false, lockedUntil: null }
}
