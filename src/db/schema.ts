import { type SQL, sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { Role } from '../auth/permissions.ts'
import { caseInsensitiveText, moment, stringList } from './columns.ts'

/** Registered callers of the admin surface, who sign what they send. */
export const clients = sqliteTable('clients', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** Sealed with AES-GCM (see crypto/sealed-secret.ts): an HMAC key has to be read back, so a hash would not do. */
  sealedSecret: text('sealed_secret').notNull(),
  /** The secret before the last rotation, and until when it still verifies. */
  previousSealedSecret: text('previous_sealed_secret'),
  previousSecretExpiresAt: moment('previous_secret_expires_at'),
  disabledAt: moment('disabled_at'),
  createdAt: moment('created_at').notNull(),
})

/** Staff accounts. */
export const admins = sqliteTable(
  'admins',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    email: caseInsensitiveText('email').notNull(),
    /** SHA-256 of the email in lower case: what failed logins are counted by. */
    emailHash: text('email_hash').notNull().unique(),
    role: text('role').$type<Role>().notNull(),
    /** Argon2id in the PHC string format. */
    passwordHash: text('password_hash').notNull(),
    hasChangedPassword: integer('has_changed_password', { mode: 'boolean' }).notNull(),
    passwordExpiresAt: moment('password_expires_at'),
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

/** How many rows a table has, kept by triggers, so that a total costs one row. */
export const totals = sqliteTable('totals', {
  name: text('name', { enum: ['admins'] }).primaryKey(),
  rows: integer('rows').notNull(),
})

/** Failed logins by email, whether there is such an account or not. A login that is under way counts as one. */
export const loginFailures = sqliteTable(
  'login_failures',
  {
    emailHash: text('email_hash').primaryKey(),
    /** A JSON array of moments: those of this row's failures that can still add up to a lock. */
    failedAt: text('failed_at').notNull().default('[]'),
    lockedUntil: moment('locked_until'),
    /** When the row has nothing to say any more. */
    expiresAt: moment('expires_at').notNull().default(0),
  },
  (table) => [index('login_failures_expires_at').on(table.expiresAt)],
)

/** Links that were mailed to unlock an account and were not used yet. */
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
    /** The key before the last roll, and until when it still works. */
    previousKeyHash: text('previous_key_hash'),
    previousKeyExpiresAt: moment('previous_key_expires_at'),
    scopes: stringList('scopes').notNull(),
    /** The uids it may act for; null: any customer. */
    customers: stringList('customers'),
    ipAllow: stringList('ip_allow').notNull(),
    ipDeny: stringList('ip_deny').notNull(),
    requireReason: integer('require_reason', { mode: 'boolean' }).notNull(),
    expiresAt: moment('expires_at'),
    createdAt: moment('created_at').notNull(),
    lastUsedAt: moment('last_used_at'),
    revokedAt: moment('revoked_at'),
  },
  (table) => [
    uniqueIndex('admin_api_keys_key_hash').on(table.keyHash),
    index('admin_api_keys_admin_id').on(table.adminId),
  ],
)

export const CUSTOMER_STATUSES = ['active', 'inactive', 'pending_delete'] as const

/** What is known of a customer's company; each part is optional. */
export const COMPANY_FIELDS = [
  'name',
  'address',
  'city',
  'state',
  'zip',
  'country',
  'phone',
  'website',
] as const
export type Company = { [Field in (typeof COMPANY_FIELDS)[number]]?: string | null }

/** The tenants. Their uid is what every row of theirs carries; a trigger sees to it that none is given out twice. */
export const customers = sqliteTable(
  'customers',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    uid: text('uid').notNull().unique(),
    firstName: caseInsensitiveText('first_name').notNull().default(''),
    lastName: caseInsensitiveText('last_name').notNull().default(''),
    email: caseInsensitiveText('email').notNull().default(''),
    /** An IANA time zone. */
    timezone: text('timezone').notNull().default('UTC'),
    group: text('group'),
    company: text('company', { mode: 'json' }).$type<Company>(),
    status: text('status', { enum: CUSTOMER_STATUSES }).notNull(),
    /** Since when it is to be deleted. */
    pendingDeleteAt: moment('pending_delete_at'),
    /** Kept by triggers, so that a total costs one row however large the customer is. */
    listsCount: integer('lists_count').notNull().default(0),
    contactsCount: integer('contacts_count').notNull().default(0),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull().default(0),
  },
  (table) => [
    index('customers_status').on(table.status, table.id),
    uniqueIndex('customers_email').on(table.email),
    index('customers_first_name').on(table.firstName),
    index('customers_last_name').on(table.lastName),
  ],
)

/** How many customers there are of each status, kept by triggers. */
export const customerTotals = sqliteTable('customer_totals', {
  status: text('status', { enum: CUSTOMER_STATUSES }).primaryKey(),
  total: integer('total').notNull(),
})

/** The uids of customers that were purged, kept by a trigger: the trail still names them. */
export const retiredCustomerUids = sqliteTable('retired_customer_uids', { uid: text('uid').primaryKey() })

export const customerApiKeys = sqliteTable(
  'customer_api_keys',
  {
    id: text('id').primaryKey(),
    customerUid: text('customer_uid')
      .notNull()
      .references(() => customers.uid),
    name: text('name').notNull(),
    keyHash: text('key_hash').notNull(),
    keyHint: text('key_hint').notNull(),
    createdAt: moment('created_at').notNull(),
    revokedAt: moment('revoked_at'),
  },
  (table) => [
    uniqueIndex('customer_api_keys_key_hash').on(table.keyHash),
    index('customer_api_keys_customer_uid').on(table.customerUid),
  ],
)

export const lists = sqliteTable(
  'lists',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    uid: text('uid').notNull().unique(),
    customerUid: text('customer_uid')
      .notNull()
      .references(() => customers.uid),
    name: caseInsensitiveText('name').notNull(),
    description: text('description'),
    /** Kept by triggers: all members, and those of each status. */
    contactsCount: integer('contacts_count').notNull().default(0),
    subscribedCount: integer('subscribed_count').notNull().default(0),
    unsubscribedCount: integer('unsubscribed_count').notNull().default(0),
    unconfirmedCount: integer('unconfirmed_count').notNull().default(0),
    blacklistedCount: integer('blacklisted_count').notNull().default(0),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  },
  (table) => [
    index('lists_customer').on(table.customerUid, table.id),
    index('lists_customer_name').on(table.customerUid, table.name),
  ],
)

export const contacts = sqliteTable(
  'contacts',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    uid: text('uid').notNull().unique(),
    customerUid: text('customer_uid')
      .notNull()
      .references(() => customers.uid),
    email: caseInsensitiveText('email').notNull(),
    firstName: text('first_name'),
    lastName: text('last_name'),
    phone: text('phone'),
    /** The customer's own attributes of the contact, as the JSON text that was sent. */
    fields: text('fields', { mode: 'json' }).$type<Record<string, unknown>>().notNull(),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
    /** What the search goes by: names in any case, and what follows the @. */
    firstNameKey: caseInsensitiveText('first_name_key').generatedAlwaysAs(sql`first_name`, {
      mode: 'virtual',
    }),
    lastNameKey: caseInsensitiveText('last_name_key').generatedAlwaysAs(sql`last_name`, { mode: 'virtual' }),
    emailDomain: caseInsensitiveText('email_domain').generatedAlwaysAs(
      sql`substr(email, instr(email, '@') + 1)`,
      { mode: 'virtual' },
    ),
  },
  (table) => [
    index('contacts_customer').on(table.customerUid, table.id),
    uniqueIndex('contacts_customer_email').on(table.customerUid, table.email),
    index('contacts_customer_domain').on(table.customerUid, table.emailDomain),
    index('contacts_customer_first_name').on(table.customerUid, table.firstNameKey),
    index('contacts_customer_last_name').on(table.customerUid, table.lastNameKey),
  ],
)

export const MEMBER_STATUSES = ['subscribed', 'unsubscribed', 'unconfirmed', 'blacklisted'] as const

/**
 * Which contacts are in which lists. Made without a rowid, so that the primary key is the table, and without foreign
 * keys: a trigger takes a deleted contact out of its lists, and the members of a deleted list go in steps
 * (`listTasks`), while checking each row of a large list against two tables would double what adding it reads.
 */
export const members = sqliteTable(
  'list_contacts',
  {
    listId: integer('list_id').notNull(),
    contactId: integer('contact_id').notNull(),
    customerUid: text('customer_uid').notNull(),
    status: text('status', { enum: MEMBER_STATUSES }).notNull(),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.listId, table.contactId] }),
    index('list_contacts_status').on(table.listId, table.status, table.contactId),
    index('list_contacts_contact').on(table.contactId),
    index('list_contacts_customer_status').on(table.customerUid, table.status, table.contactId),
  ],
)

/** Work on lists with too many members for one statement, done in steps until the row is gone. */
export const listTasks = sqliteTable('list_tasks', {
  listId: integer('list_id').primaryKey(),
  /** The list whose members are being copied into this one; null: this list was deleted, its members are to go. */
  sourceId: integer('source_id'),
  /** The last contact of the source that has been copied. */
  copiedTo: integer('copied_to').notNull(),
})

/**
 * Requests that came with an Idempotency-Key, with the answer that their repetitions get. Nothing refers to them and
 * they refer to nothing: they go by themselves when they expire.
 */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    customerUid: text('customer_uid').notNull(),
    key: text('key').notNull(),
    /** SHA-256 of what was asked. */
    fingerprint: text('fingerprint').notNull(),
    /** The request that has claimed the key, and until when it is taken to be running. */
    requestId: text('request_id').notNull(),
    lockedUntil: moment('locked_until').notNull(),
    /** Of the answer; null until there is one. */
    status: integer('status'),
    /** Gzipped, and sealed with AES-GCM: an answer may show what is kept nowhere in clear. */
    sealedBody: text('sealed_body'),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.customerUid, table.key] }),
    index('idempotency_keys_expires_at').on(table.expiresAt),
  ],
)

const entryField = (name: string): SQL => sql.raw(`entry ->> '$.${name}'`)

/**
 * The audit trail. No foreign keys: a record outlives what it tells of. What can be filtered by is read out of
 * the stored text by generated columns, so that the hashed bytes stay the only truth. Triggers see to it that the
 * table is only ever appended to, in order (see migrations).
 */
export const auditEntries = sqliteTable(
  'audit_entries',
  {
    seq: integer('seq').primaryKey(),
    /** The canonical bytes: one flat JSON object (see audit/entry.ts). */
    entry: text('entry').notNull(),
    prevHash: text('prev_hash').notNull(),
    /** Hex of SHA-256 over prev_hash and entry. */
    hash: text('hash').notNull(),
    id: text('id').generatedAlwaysAs(entryField('id')).notNull(),
    stage: text('stage').generatedAlwaysAs(entryField('stage')).notNull(),
    customerUid: text('customer_uid').generatedAlwaysAs(entryField('customer_uid')),
    adminId: integer('admin_id').generatedAlwaysAs(entryField('admin_id')),
    apiKeyId: text('api_key_id').generatedAlwaysAs(entryField('api_key_id')),
    /** RFC 3339 in UTC with milliseconds, always of one length, so that texts compare as times. */
    time: text('time').generatedAlwaysAs(entryField('time')),
    method: text('method').generatedAlwaysAs(entryField('method')),
    route: text('route').generatedAlwaysAs(entryField('route')),
    result: text('result').generatedAlwaysAs(entryField('result')),
    prunedToSeq: integer('pruned_to_seq').generatedAlwaysAs(entryField('pruned_to_seq')),
  },
  (table) => [
    uniqueIndex('audit_entries_id_stage').on(table.id, table.stage),
    index('audit_entries_customer').on(table.customerUid, table.seq),
    // Each ends in the rowid, which is seq: they serve "newest first" with any one filter and a range of time.
    index('audit_entries_time').on(table.time),
    index('audit_entries_customer_time').on(table.customerUid, table.time),
    index('audit_entries_admin_time').on(table.adminId, table.time),
    index('audit_entries_api_key_time').on(table.apiKeyId, table.time),
    index('audit_entries_method_time').on(table.method, table.time),
    index('audit_entries_route_time').on(table.route, table.time),
    index('audit_entries_result_time').on(table.result, table.time),
    index('audit_entries_checkpoints').on(table.prunedToSeq).where(sql`pruned_to_seq IS NOT NULL`),
  ],
)

/** Acts that are `received` and not `completed`, kept by triggers: few, however long the trail is. */
export const auditOpenActs = sqliteTable(
  'audit_open_acts',
  {
    id: text('id').primaryKey(),
    seq: integer('seq').notNull(),
    time: text('time').notNull(),
  },
  (table) => [index('audit_open_acts_time').on(table.time, table.seq)],
)

/**
 * What each exported object holds, decided in the transaction that appended the entries: a retry after any
 * failure writes the same objects under the same names.
 */
export const auditSegments = sqliteTable(
  'audit_segments',
  {
    firstSeq: integer('first_seq').primaryKey(),
    lastSeq: integer('last_seq').notNull(),
    appendedAt: moment('appended_at').notNull(),
    exportedAt: moment('exported_at'),
    /** The signed digest, as it is exported beside the object (see audit/digest.ts). */
    digest: text('digest').notNull().default(''),
  },
  (table) => [index('audit_segments_pending').on(table.firstSeq).where(sql`exported_at IS NULL`)],
)

/** Queue messages that could not be read or stored, kept as they came. */
export const auditDeadLetters = sqliteTable(
  'audit_dead_letters',
  {
    /** Follows from the body, so that a message that comes back is the same dead letter. */
    id: text('id').primaryKey(),
    body: text('body').notNull(),
    reason: text('reason').notNull(),
    attempts: integer('attempts').notNull(),
    sentAt: moment('sent_at').notNull(),
    receivedAt: moment('received_at').notNull(),
    /** When it was sent to the queue again; null once more if it came back. */
    replayedAt: moment('replayed_at'),
  },
  (table) => [index('audit_dead_letters_received').on(table.receivedAt, table.id)],
)
