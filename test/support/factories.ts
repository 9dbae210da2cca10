import { env } from 'cloudflare:workers'
import { Buffer } from 'node:buffer'
import { createAdmin } from '../../src/admin/accounts/accounts.service.ts'
import type { ApiKeyInput } from '../../src/admin/api-keys/api-key-input.ts'
import { createApiKey } from '../../src/admin/api-keys/api-keys.service.ts'
import { createClient } from '../../src/admin/clients/clients.service.ts'
import { type CustomerInput, createCustomer } from '../../src/admin/customers/customers.service.ts'
import { emailHashOf } from '../../src/auth/accounts/account.ts'
import { takeAttempt } from '../../src/auth/accounts/lockout.ts'
import { hashPassword } from '../../src/auth/accounts/passwords.ts'
import { newSession, type SessionHolder } from '../../src/auth/callers/session.ts'
import type { Role } from '../../src/auth/permissions.ts'
import { once } from '../../src/base/once.ts'
import { argon2idHash } from '../../src/crypto/argon2id.ts'
import { randomId, randomUid } from '../../src/crypto/random.ts'
import { issueCustomerKey } from '../../src/customer/account/new-api-key.ts'
import { openDatabase } from '../../src/db/client.ts'
import { accessGrants } from '../../src/db/schema/grants.ts'
import { adminSessions } from '../../src/db/schema/staff.ts'
import { storesIn } from '../../src/http/stores.ts'

/** The password of every admin that a test makes. */
export const PASSWORD = 'correct horse battery staple'

const passwordHash = once(() => hashPassword(PASSWORD))

/** A hash of a password at next to no cost, for tests that compare many. A login with it is rehashed. */
export function cheapHash(password: string): string {
  const salt = new Uint8Array(16)
  const digest = argon2idHash(password, salt, { m: 8, t: 1, p: 1 })
  const texts = [salt, digest].map((bytes) => Buffer.from(bytes).toString('base64').replace(/=+$/, ''))
  return `$argon2id$v=19$m=8,t=1,p=1$${texts.join('$')}`
}

/** A number for names that have to differ within a test. */
let made = 0

export const database = () => openDatabase(env.DB)

/** A registered client of the admin surface. */
export const makeClient = (name = 'Test client', requireBoundSignatures = false) =>
  createClient(storesIn(env), { name, requireBoundSignatures }, Date.now())

/** A staff account that can log in with `PASSWORD`, or with the password of another hash. */
export async function makeAdmin(
  role: Role = 'super_admin',
  email = `admin-${++made}@example.com`,
  hash?: string,
) {
  const account = { email, role, passwordHash: hash ?? (await passwordHash()) }
  const adminId = await createAdmin(database(), account, Date.now())
  return { adminId, role, email }
}

/** Locks an account for an hour, as a wrong password does where one is enough. */
export async function lockAccount(email: string): Promise<void> {
  const limits = { threshold: 1, windowMs: 0, lockMs: 60 * 60_000 }
  await takeAttempt(database(), emailHashOf(email), limits, Date.now())
}

/** The token of a new session of an admin. */
export async function makeSession(adminId: number, holder: SessionHolder = 'client'): Promise<string> {
  const { token, row } = newSession(adminId, Date.now(), holder)
  await database().insert(adminSessions).values(row)
  return token
}

/** An API key of an admin, in clear, and its id. */
export async function makeAdminKey(
  owner: { adminId: number; role: Role },
  input: Partial<ApiKeyInput> = {},
): Promise<{ id: string; key: string }> {
  const stores = { db: database(), kv: env.KEYS }
  return createApiKey(stores, owner, { name: 'Test key', ...input }, Date.now())
}

type GrantRow = typeof accessGrants.$inferInsert

/** The id of an access grant that has begun and nobody had a say in, or of one with other columns. */
export async function makeGrant(
  of: Pick<GrantRow, 'adminId' | 'customerUid'> & Partial<GrantRow>,
): Promise<string> {
  const now = Date.now()
  const hour = 60 * 60_000
  const row = {
    id: randomId('gra'),
    uid: randomUid(),
    reason: 'Ticket 4711',
    mode: 'read' as const,
    durationSeconds: 3600,
    breakGlass: false,
    needsCustomer: false,
    needsColleague: false,
    requestedAt: now,
    lapsesAt: now + 24 * hour,
    ...(!of.needsColleague && !of.needsCustomer && { beganAt: now, expiresAt: now + hour }),
    ...of,
  }
  await database().insert(accessGrants).values(row)
  return row.id
}

/** An active customer and a key of its own, in clear. */
export async function makeCustomer(input: Partial<CustomerInput> = {}) {
  const defaults = { firstName: 'Test', lastName: 'Customer', timezone: 'UTC', group: null, company: null }
  const email = `customer-${++made}@example.com`
  const customer = await createCustomer(database(), { ...defaults, email, ...input }, Date.now())
  const uid = customer.customer_uid
  return { uid, key: await issueCustomerKey(database(), uid, 'Test key', Date.now()) }
}
