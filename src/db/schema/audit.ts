import { type SQL, sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { moment } from '../columns.ts'

const entryField = (name: string): SQL => sql.raw(`entry ->> '$.${name}'`)

/**
 * The audit trail. No foreign keys: a record outlives its subject. Filter columns are generated from the stored text,
 * so that the hashed bytes stay the only truth. Triggers allow nothing but appending in order (see migrations).
 */
export const auditEntries = sqliteTable(
  'audit_entries',
  {
    seq: integer('seq').primaryKey(),
    /** The canonical bytes: one flat JSON object (see audit/trail/fields.ts). */
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
    ip: text('ip').generatedAlwaysAs(entryField('ip')),
    targetId: text('target_id').generatedAlwaysAs(entryField('target_id')),
    grantId: text('grant_id').generatedAlwaysAs(entryField('grant_id')),
    prunedToSeq: integer('pruned_to_seq').generatedAlwaysAs(entryField('pruned_to_seq')),
  },
  (table) => [
    uniqueIndex('audit_entries_id_stage').on(table.id, table.stage),
    // The customer's access log, which leaves out what the customer did itself.
    index('audit_entries_customer').on(table.customerUid, table.seq).where(sql`admin_id IS NOT NULL`),
    // Each ends in the rowid, which is seq: they serve "newest first" with any one filter and a range of time.
    index('audit_entries_time').on(table.time),
    index('audit_entries_customer_time').on(table.customerUid, table.time),
    index('audit_entries_admin_time').on(table.adminId, table.time),
    index('audit_entries_api_key_time').on(table.apiKeyId, table.time),
    index('audit_entries_method_time').on(table.method, table.time),
    index('audit_entries_route_time').on(table.route, table.time),
    index('audit_entries_result_time').on(table.result, table.time),
    index('audit_entries_ip_time').on(table.ip, table.time),
    index('audit_entries_target_time').on(table.targetId, table.time),
    index('audit_entries_stage_time').on(table.stage, table.time),
    index('audit_entries_grant_time').on(table.grantId, table.time).where(sql`grant_id IS NOT NULL`),
    index('audit_entries_checkpoints').on(table.prunedToSeq).where(sql`pruned_to_seq IS NOT NULL`),
  ],
)

/** Acts that are `received` but not `completed`, kept by triggers: few, however long the trail is. */
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
 * The content of each exported object, decided in the transaction that appended the entries: a retry after any
 * failure writes the same objects under the same names.
 */
export const auditSegments = sqliteTable(
  'audit_segments',
  {
    firstSeq: integer('first_seq').primaryKey(),
    lastSeq: integer('last_seq').notNull(),
    appendedAt: moment('appended_at').notNull(),
    exportedAt: moment('exported_at'),
    /** The signed digest, as it is exported beside the object (see audit/export/digest.ts). */
    digest: text('digest').notNull().default(''),
  },
  (table) => [index('audit_segments_pending').on(table.firstSeq).where(sql`exported_at IS NULL`)],
)

/** Queue messages that could not be parsed or stored, as they came. */
export const auditDeadLetters = sqliteTable(
  'audit_dead_letters',
  {
    /** Derived from the body, so that a message that comes back is the same dead letter. */
    id: text('id').primaryKey(),
    body: text('body').notNull(),
    reason: text('reason').notNull(),
    attempts: integer('attempts').notNull(),
    sentAt: moment('sent_at').notNull(),
    receivedAt: moment('received_at').notNull(),
    /** The time of the last replay; null again if it came back. */
    replayedAt: moment('replayed_at'),
    /** The key of the entry that it would become, if it can be read. */
    eventId: text('event_id'),
    eventStage: text('event_stage'),
    /** The time that entry was appended. It must not be appended again, not even once it was pruned. */
    appendedAt: moment('appended_at'),
  },
  (table) => [
    index('audit_dead_letters_received').on(table.receivedAt, table.id),
    index('audit_dead_letters_event').on(table.eventId, table.eventStage),
  ],
)
