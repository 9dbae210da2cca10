import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { moment } from '../columns.ts'
import { admins } from './staff.ts'

/** What a grant lets its owner do for the customer. */
export const GRANT_MODES = ['read', 'write'] as const
export type GrantMode = (typeof GRANT_MODES)[number]

/** What is said to a grant. */
export const DECISIONS = ['approved', 'declined'] as const
export type Decision = (typeof DECISIONS)[number]

/**
 * Access of one person of staff to one customer, for a reason and a time: asked for, decided, begun, ended. Its status
 * follows from its times alone (see auth/grants/status.ts).
 */
export const accessGrants = sqliteTable(
  'access_grants',
  {
    id: text('id').primaryKey(),
    /** What the customer knows it by: nothing of the admin surface shows there. */
    uid: text('uid').notNull().unique(),
    customerUid: text('customer_uid').notNull(),
    adminId: integer('admin_id')
      .notNull()
      .references(() => admins.id),
    reason: text('reason').notNull(),
    ticket: text('ticket'),
    mode: text('mode', { enum: GRANT_MODES }).notNull(),
    durationSeconds: integer('duration_seconds').notNull(),
    breakGlass: integer('break_glass', { mode: 'boolean' }).notNull(),
    /** Whose say it waits for, settled when it is asked for. */
    needsCustomer: integer('needs_customer', { mode: 'boolean' }).notNull(),
    needsColleague: integer('needs_colleague', { mode: 'boolean' }).notNull(),
    requestedAt: moment('requested_at').notNull(),
    /** The time from which nobody can decide any more. */
    lapsesAt: moment('lapses_at').notNull(),
    customerDecision: text('customer_decision', { enum: DECISIONS }),
    customerDecidedAt: moment('customer_decided_at'),
    customerComment: text('customer_comment'),
    colleagueDecision: text('colleague_decision', { enum: DECISIONS }),
    colleagueDecidedAt: moment('colleague_decided_at'),
    colleagueId: integer('colleague_id').references(() => admins.id),
    colleagueComment: text('colleague_comment'),
    /** The time of the last say it waited for, and when what began then is over. */
    beganAt: moment('began_at'),
    expiresAt: moment('expires_at'),
    declinedAt: moment('declined_at'),
    /** The end before its time, or the withdrawal of what was asked for. */
    endedAt: moment('ended_at'),
    endedBy: text('ended_by', { enum: ['staff', 'customer'] }),
    endedByAdminId: integer('ended_by_admin_id').references(() => admins.id),
    /** Another super_admin's look at a break-glass. */
    reviewedAt: moment('reviewed_at'),
    reviewedBy: integer('reviewed_by').references(() => admins.id),
    reviewComment: text('review_comment'),
    /** Whether the mail that tells the customer was accepted, false from when it is due; null: none is. */
    customerReached: integer('customer_reached', { mode: 'boolean' }),
  },
  (table) => [
    index('access_grants_requested').on(table.requestedAt, table.id),
    index('access_grants_customer').on(table.customerUid, table.requestedAt, table.id),
    index('access_grants_admin').on(table.adminId, table.requestedAt, table.id),
    index('access_grants_unreviewed').on(table.requestedAt).where(sql`break_glass AND reviewed_at IS NULL`),
  ],
)

/** Links of mails to customers, each good for one thing and once. */
export const accessGrantLinks = sqliteTable(
  'access_grant_links',
  {
    tokenHash: text('token_hash').primaryKey(),
    grantId: text('grant_id').notNull(),
    purpose: text('purpose', { enum: ['decide', 'end'] }).notNull(),
    expiresAt: moment('expires_at').notNull(),
    usedAt: moment('used_at'),
  },
  (table) => [
    index('access_grant_links_grant').on(table.grantId),
    index('access_grant_links_expires_at').on(table.expiresAt),
  ],
)

/** A row while impersonation is stopped, none while it is not: so the question costs no row. */
export const impersonationStops = sqliteTable('impersonation_stops', {
  id: integer('id').primaryKey(),
  stoppedAt: moment('stopped_at').notNull(),
  stoppedBy: integer('stopped_by')
    .notNull()
    .references(() => admins.id),
  reason: text('reason').notNull(),
})

export const ACCOUNT_REQUEST_KINDS = ['disable', 'enable'] as const
export const ACCOUNT_REQUEST_STATUSES = ['pending', 'approved', 'declined'] as const

/** Requests to disable or enable a customer's account, which a super_admin decides. */
export const accountRequests = sqliteTable(
  'account_requests',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    kind: text('kind', { enum: ACCOUNT_REQUEST_KINDS }).notNull(),
    customerUid: text('customer_uid').notNull(),
    reason: text('reason').notNull(),
    status: text('status', { enum: ACCOUNT_REQUEST_STATUSES }).notNull().default('pending'),
    superAdminComment: text('super_admin_comment'),
    createdBy: integer('created_by')
      .notNull()
      .references(() => admins.id),
    createdAt: moment('created_at').notNull(),
    decidedBy: integer('decided_by').references(() => admins.id),
    decidedAt: moment('decided_at'),
  },
  (table) => [
    uniqueIndex('account_requests_pending').on(table.kind, table.customerUid).where(sql`status = 'pending'`),
    index('account_requests_customer').on(table.customerUid),
    index('account_requests_kind').on(table.kind, table.id),
    index('account_requests_status').on(table.kind, table.status, table.id),
  ],
)
