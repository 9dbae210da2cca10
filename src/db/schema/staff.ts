import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { caseInsensitiveText, moment, stringList } from '../columns.ts'

/** The roles of staff, as the contract names them. */
export const ROLES = ['customer_success', 'banking_operations', 'admin', 'super_admin'] as const
export type Role = (typeof ROLES)[number]

/** Registered clients of the admin surface, which sign their requests. */
export const clients = sqliteTable('clients', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** Sealed with AES-GCM (see crypto/sealed-secret.ts), not hashed: an HMAC key has to be read back. */
  sealedSecret: text('sealed_secret').notNull(),
  /** The secret before the last rotation, and the time until which it verifies. */
  previousSealedSecret: text('previous_sealed_secret'),
  previousSecretExpiresAt: moment('previous_secret_expires_at'),
  /** Every call has to be signed with time, method and path (`SWI-CS: t=...,v2=...`). */
  requireBoundSignatures: integer('require_bound_signatures', { mode: 'boolean' }).notNull().default(false),
  disabledAt: moment('disabled_at'),
  createdAt: moment('created_at').notNull(),
})

/** Bound signatures of accepted writes, until they are too old to be accepted again. */
export const usedSignatures = sqliteTable(
  'used_signatures',
  {
    clientId: text('client_id').notNull(),
    /** The hex of `v2`. */
    signature: text('signature').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.clientId, table.signature] }),
    index('used_signatures_expires_at').on(table.expiresAt),
  ],
)

/** Staff accounts. */
export const admins = sqliteTable(
  'admins',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    email: caseInsensitiveText('email').notNull(),
    /** SHA-256 of the email in lower case, by which failed logins are counted. */
    emailHash: text('email_hash').notNull().unique(),
    role: text('role').$type<Role>().notNull(),
    /** Argon2id in the PHC string format. */
    passwordHash: text('password_hash').notNull(),
    hasChangedPassword: integer('has_changed_password', { mode: 'boolean' }).notNull(),
    passwordExpiresAt: moment('password_expires_at'),
    /** Sessions, keys and grants created before this time are refused. */
    credentialsValidFrom: moment('credentials_valid_from').notNull().default(0),
    disabledAt: moment('disabled_at'),
    lastLoginAt: moment('last_login_at'),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [
    uniqueIndex('admins_email').on(table.email),
    index('admins_enabled_super_admins')
      .on(table.id)
      .where(sql`role = 'super_admin' AND disabled_at IS NULL`),
  ],
)

/** The number of rows of a table, kept by triggers, so that a total costs one row. */
export const totals = sqliteTable('totals', {
  name: text('name', { enum: ['admins'] }).primaryKey(),
  rows: integer('rows').notNull(),
})

/** Failed logins by email, whether or not there is such an account. A login in progress counts as one. */
export const loginFailures = sqliteTable(
  'login_failures',
  {
    emailHash: text('email_hash').primaryKey(),
    /** A JSON array of moments: the failures that still count towards a lock. */
    failedAt: text('failed_at').notNull().default('[]'),
    lockedUntil: moment('locked_until'),
    /** The time from which the row has no effect. */
    expiresAt: moment('expires_at').notNull().default(0),
  },
  (table) => [index('login_failures_expires_at').on(table.expiresAt)],
)

/** Mailed unlock links that were not used yet. */
export const unlockTokens = sqliteTable(
  'unlock_tokens',
  {
    tokenHash: text('token_hash').primaryKey(),
    adminId: integer('admin_id')
      .notNull()
      .references(() => admins.id),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    index('unlock_tokens_admin_id').on(table.adminId),
    index('unlock_tokens_expires_at').on(table.expiresAt),
  ],
)

export const adminSessions = sqliteTable(
  'admin_sessions',
  {
    id: text('id').primaryKey(),
    tokenHash: text('token_hash').notNull(),
    adminId: integer('admin_id')
      .notNull()
      .references(() => admins.id),
    createdAt: moment('created_at').notNull(),
    lastSeenAt: moment('last_seen_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
    /** When its owner last proved who they are, and by which factors. */
    provenAt: moment('proven_at').notNull().default(0),
    factors: stringList('factors').notNull().default([]),
  },
  (table) => [
    uniqueIndex('admin_sessions_token_hash').on(table.tokenHash),
    index('admin_sessions_admin_id').on(table.adminId),
  ],
)

export const adminApiKeys = sqliteTable(
  'admin_api_keys',
  {
    id: text('id').primaryKey(),
    adminId: integer('admin_id')
      .notNull()
      .references(() => admins.id),
    name: text('name').notNull(),
    keyHash: text('key_hash').notNull(),
    keyHint: text('key_hint').notNull(),
    /** The key before the last roll, and the time until which it works. */
    previousKeyHash: text('previous_key_hash'),
    previousKeyExpiresAt: moment('previous_key_expires_at'),
    scopes: stringList('scopes').notNull(),
    /** The uids of the customers it may act for; null: any customer. */
    customers: stringList('customers'),
    ipAllow: stringList('ip_allow').notNull(),
    ipDeny: stringList('ip_deny').notNull(),
    requireReason: integer('require_reason', { mode: 'boolean' }).notNull(),
    /** The access grant that it is the key of, and the session that got it, which it ends with. */
    grantId: text('grant_id'),
    sessionId: text('session_id'),
    expiresAt: moment('expires_at'),
    createdAt: moment('created_at').notNull(),
    lastUsedAt: moment('last_used_at'),
    revokedAt: moment('revoked_at'),
  },
  (table) => [
    uniqueIndex('admin_api_keys_key_hash').on(table.keyHash),
    // These serve the listings too, which leave out the keys of grants.
    index('admin_api_keys_admin_id').on(table.adminId, table.grantId, table.createdAt, table.id),
    index('admin_api_keys_grant_id').on(table.grantId, table.createdAt, table.id),
    index('admin_api_keys_session_id').on(table.sessionId).where(sql`session_id IS NOT NULL`),
  ],
)
