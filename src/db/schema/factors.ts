import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { moment, stringList } from '../columns.ts'
import { admins } from './staff.ts'

/** Passkeys of staff: the credential records of WebAuthn Level 3, section 4. */
export const passkeys = sqliteTable(
  'passkeys',
  {
    /** The credential id, in base64url. */
    id: text('id').primaryKey(),
    adminId: integer('admin_id')
      .notNull()
      .references(() => admins.id),
    name: text('name').notNull(),
    /** The public key as its authenticator gave it (SubjectPublicKeyInfo), in base64url. */
    publicKey: text('public_key').notNull(),
    /** A COSE algorithm: -7 is ES256, -8 EdDSA, -257 RS256. */
    algorithm: integer('algorithm').notNull(),
    /** How often it signed, as far as it counts. */
    counter: integer('counter').notNull(),
    transports: stringList('transports').notNull(),
    /** What the authenticator knows its owner by, in base64url. */
    userHandle: text('user_handle').notNull(),
    /** Whether it may be, and is, kept elsewhere too. */
    backupEligible: integer('backup_eligible', { mode: 'boolean' }).notNull().default(false),
    backedUp: integer('backed_up', { mode: 'boolean' }).notNull().default(false),
    createdAt: moment('created_at').notNull(),
    lastUsedAt: moment('last_used_at'),
  },
  (table) => [index('passkeys_admin_id').on(table.adminId, table.createdAt, table.id)],
)

/** What a challenge may be answered for. */
export const CHALLENGE_PURPOSES = ['register', 'login', 'second_factor', 'reauthenticate'] as const
export type ChallengePurpose = (typeof CHALLENGE_PURPOSES)[number]

/** Challenges of passkeys that were not answered yet, each good for one thing and once. */
export const factorChallenges = sqliteTable(
  'factor_challenges',
  {
    challengeHash: text('challenge_hash').primaryKey(),
    purpose: text('purpose', { enum: CHALLENGE_PURPOSES }).notNull(),
    /** Whose passkey has to answer; null: anybody's. */
    adminId: integer('admin_id').references(() => admins.id),
    /** The session, or the hash of the login token, that it was made in. */
    boundTo: text('bound_to'),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('factor_challenges_expires_at').on(table.expiresAt)],
)

/** Authenticator apps: the one that counts, and one that is being set up. */
export const totpSecrets = sqliteTable('totp_secrets', {
  adminId: integer('admin_id')
    .primaryKey()
    .references(() => admins.id),
  /** Sealed as the secrets of clients are (see crypto/sealed-secret.ts). Null until one was confirmed. */
  sealedSecret: text('sealed_secret'),
  confirmedAt: moment('confirmed_at'),
  /** The time step of the last code that was accepted: it and those before it are used up. */
  lastStep: integer('last_step').notNull().default(0),
  pendingSealedSecret: text('pending_sealed_secret'),
  pendingExpiresAt: moment('pending_expires_at'),
})

/** Recovery codes that were not used yet. */
export const recoveryCodes = sqliteTable(
  'recovery_codes',
  {
    adminId: integer('admin_id')
      .notNull()
      .references(() => admins.id),
    codeHash: text('code_hash').notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.adminId, table.codeHash] })],
)

/** Logins whose password was right, and that wait for a second factor. */
export const loginTokens = sqliteTable(
  'login_tokens',
  {
    tokenHash: text('token_hash').primaryKey(),
    adminId: integer('admin_id')
      .notNull()
      .references(() => admins.id),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    index('login_tokens_admin_id').on(table.adminId),
    index('login_tokens_expires_at').on(table.expiresAt),
  ],
)
