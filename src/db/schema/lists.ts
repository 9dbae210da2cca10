import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { caseInsensitiveText, moment } from '../columns.ts'
import { customers } from './customers.ts'

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
    /** Kept by triggers: the number of members, and of those of each status. */
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
    /** Columns of the search: names without case, and the part of the email after the @. */
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
 * The members of lists. WITHOUT ROWID, so that the primary key is the table, and without foreign keys: a trigger
 * deletes the memberships of a deleted contact, and the members of a deleted list are deleted in steps (`listTasks`);
 * checking each row of a large list against two tables would double the rows read.
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

/** Pending work on lists with too many members for one statement, done in steps until the row is deleted. */
export const listTasks = sqliteTable('list_tasks', {
  listId: integer('list_id').primaryKey(),
  /** The list whose members are copied into this one; null: this list was deleted, and its members are to be. */
  sourceId: integer('source_id'),
  /** The last contact of the source that has been copied. */
  copiedTo: integer('copied_to').notNull(),
})
