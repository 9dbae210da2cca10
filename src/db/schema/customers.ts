import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { caseInsensitiveText, moment } from '../columns.ts'

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
    /** What a search goes by beside the columns above: the company's name, and what follows the @. */
    companyName: caseInsensitiveText('company_name').generatedAlwaysAs(sql`company ->> '$.name'`, {
      mode: 'virtual',
    }),
    emailDomain: caseInsensitiveText('email_domain').generatedAlwaysAs(
      sql`substr(email, instr(email, '@') + 1)`,
      { mode: 'virtual' },
    ),
  },
  (table) => [
    index('customers_status').on(table.status, table.id),
    uniqueIndex('customers_email').on(table.email),
    index('customers_first_name').on(table.firstName),
    index('customers_last_name').on(table.lastName),
    index('customers_company_name').on(table.companyName),
    index('customers_email_domain').on(table.emailDomain),
  ],
)

/** How many customers there are of each status, kept by triggers. */
export const customerTotals = sqliteTable('customer_totals', {
  status: text('status', { enum: CUSTOMER_STATUSES }).primaryKey(),
  total: integer('total').notNull(),
})

/**
 * The uids of customers that were purged, kept by a trigger: the trail still names them.
 * @public only triggers use it
 */
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
    /** The admin who made it for the customer, and with which API key, if any; null: the customer itself. */
    madeByAdminId: integer('made_by_admin_id'),
    madeByApiKeyId: text('made_by_api_key_id'),
    createdAt: moment('created_at').notNull(),
    revokedAt: moment('revoked_at'),
  },
  (table) => [
    uniqueIndex('customer_api_keys_key_hash').on(table.keyHash),
    index('customer_api_keys_customer_uid').on(table.customerUid),
    index('customer_api_keys_made_by').on(table.madeByAdminId).where(sql`made_by_admin_id IS NOT NULL`),
  ],
)

/**
 * What came of requests with an Idempotency-Key: a row for each of their transactions, written in it. A repetition runs
 * into the primary key. Nothing refers to these rows and they refer to nothing: they go by themselves when they expire.
 */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    customerUid: text('customer_uid').notNull(),
    /** The id of the API key that the request was made with: nobody gets the answer that another got. */
    caller: text('caller').notNull(),
    key: text('key').notNull(),
    /** Counts the transactions of the request. */
    step: integer('step').notNull(),
    /** SHA-256 of what was asked. */
    fingerprint: text('fingerprint').notNull(),
    /** The request that did it. */
    requestId: text('request_id').notNull(),
    /** The rows that the answer is made from, by the names of their queries, as JSON. */
    result: text('result').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.customerUid, table.caller, table.key, table.step] }),
    index('idempotency_keys_expires_at').on(table.expiresAt),
  ],
)
