import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { caseInsensitiveText, moment } from '../columns.ts'

export const CUSTOMER_STATUSES = ['active', 'inactive', 'pending_delete'] as const

/** Who may act for a customer: anyone, anyone and it is told, whom it approves, nobody but in an emergency. */
export const SUPPORT_ACCESS = ['open', 'notify', 'ask', 'closed'] as const
export type SupportAccess = (typeof SUPPORT_ACCESS)[number]

/** The members of a customer's company; all are optional. */
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

/** The tenants. Every row of theirs carries their uid; a trigger makes sure that no uid is used twice. */
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
    supportAccess: text('support_access', { enum: SUPPORT_ACCESS }).notNull().default('open'),
    /** The time the customer chose it; null: it never did. */
    supportAccessUpdatedAt: moment('support_access_updated_at'),
    /** The time of its deletion, which precedes the purge. */
    pendingDeleteAt: moment('pending_delete_at'),
    /** Kept by triggers, so that a total costs one row however large the customer is. */
    listsCount: integer('lists_count').notNull().default(0),
    contactsCount: integer('contacts_count').notNull().default(0),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull().default(0),
    /** Further columns of a search: the company's name, and the part of the email after the @. */
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

/** The number of customers of each status, kept by triggers. */
export const customerTotals = sqliteTable('customer_totals', {
  status: text('status', { enum: CUSTOMER_STATUSES }).primaryKey(),
  total: integer('total').notNull(),
})

/**
 * The uids of purged customers, kept by a trigger: the trail still names them.
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
    /** The admin who made it, and the API key it was made with, if any; null: made by the customer. */
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
 * Results of requests with an `Idempotency-Key`: a row for each of their transactions, written in it. A repetition
 * conflicts with the primary key. These rows have no references in either direction, and are deleted when they
 * expire.
 */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    customerUid: text('customer_uid').notNull(),
    /** The id of the API key of the request: nobody gets the answer of another caller. */
    caller: text('caller').notNull(),
    key: text('key').notNull(),
    /** The number of the transaction within the request. */
    step: integer('step').notNull(),
    /** The SHA-256 of the request's content. */
    fingerprint: text('fingerprint').notNull(),
    /** The request that ran the transaction. */
    requestId: text('request_id').notNull(),
    /** The rows that make the answer, by the names of their queries, as JSON. */
    result: text('result').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.customerUid, table.caller, table.key, table.step] }),
    index('idempotency_keys_expires_at').on(table.expiresAt),
  ],
)
