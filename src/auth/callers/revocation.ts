import { and, eq, gt, gte, isNull, or, type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import type { Database } from '../../db/client.ts'
import type { Bindable } from '../../db/prepared.ts'
import { customerApiKeys } from '../../db/schema/customers.ts'
import { adminApiKeys, admins } from '../../db/schema/staff.ts'

/**
 * Returns the condition under which what an account made at `createdAt` still lets anyone in: the account is enabled,
 * and has not revoked what is that old. Holds for whatever lets staff in, in the query that joins `admins`.
 */
export const isInForce = (createdAt: SQLiteColumn) =>
  and(isNull(admins.disabledAt), gte(createdAt, admins.credentialsValidFrom))

/** Returns the same condition for a key, which asks for no password: not while the account owes a new one. */
export const isKeyInForce = (createdAt: SQLiteColumn, now: Bindable<number>) =>
  and(
    isInForce(createdAt),
    eq(admins.hasChangedPassword, true),
    or(isNull(admins.passwordExpiresAt), gt(admins.passwordExpiresAt, now)),
  )

/** Returns the condition that an API key itself has not ended, whatever has become of its owner. */
export const isKeyLive = (now: Bindable<number>) =>
  and(isNull(adminApiKeys.revokedAt), or(isNull(adminApiKeys.expiresAt), gt(adminApiKeys.expiresAt, now)))

/**
 * Returns when a credential counts as made, never before its account last revoked them: of the one that is made in the
 * same millisecond, or by another clock, the transaction it is made in decides.
 */
export const creationTime = (account: { credentialsValidFrom: number }, now: number) =>
  Math.max(now, account.credentialsValidFrom)

/** Returns the change of an account that refuses all it made up to `now`. */
export const revokedUpTo = (now: number) => ({
  credentialsValidFrom: sql<number>`max(${admins.credentialsValidFrom}, ${now + 1})`,
})

/** Returns the query that revokes the API keys that the condition finds, and gives the hashes that KV still knows. */
export const revokeKeys = (db: Database, which: SQL | undefined, now: number) =>
  db
    .update(adminApiKeys)
    .set({ revokedAt: now })
    .where(and(which, isNull(adminApiKeys.revokedAt)))
    .returning({ keyHash: adminApiKeys.keyHash, previousKeyHash: adminApiKeys.previousKeyHash })

/**
 * Returns the query that revokes the keys an admin made for customers, in the transaction that revokes all else: what
 * was made a moment before, by a clock that is ahead, is not older than the moment from which credentials count.
 */
export const revokeCustomerKeysBy = (db: Database, adminId: number, now: number) =>
  db
    .update(customerApiKeys)
    .set({ revokedAt: now })
    .where(and(eq(customerApiKeys.madeByAdminId, adminId), isNull(customerApiKeys.revokedAt)))
