import { and, count, desc, eq, lt, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { auditEntries } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { type Page, type PageRequest, pageOf } from '../http/pagination.ts'
import { type AuditEntry, presentEntry } from './entry.ts'

/** What entries can be looked for by. */
export interface AuditFilter {
  customer?: string | undefined
  adminId?: number | undefined
  apiKeyId?: string | undefined
}

const LINK = {
  seq: auditEntries.seq,
  entry: auditEntries.entry,
  prevHash: auditEntries.prevHash,
  hash: auditEntries.hash,
}

/** The entries that match, newest first. */
export async function listEntries(
  db: Database,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<AuditEntry>> {
  const matching = and(
    filter.customer === undefined ? undefined : eq(auditEntries.customerUid, filter.customer),
    filter.adminId === undefined ? undefined : eq(auditEntries.adminId, filter.adminId),
    filter.apiKeyId === undefined ? undefined : eq(auditEntries.apiKeyId, filter.apiKeyId),
  )
  const before = page.after && lt(auditEntries.seq, Number(page.after[0]))
  const [rows, [totals]] = await db.batch([
    db
      .select(LINK)
      .from(auditEntries)
      .where(and(matching, before))
      .orderBy(desc(auditEntries.seq))
      .limit(page.perPage + 1)
      .offset(page.offset),
    // The trail has no gaps, so its last number is how many there are.
    matching
      ? db.select({ total: count() }).from(auditEntries).where(matching)
      : db
          .select({ total: sql<number>`coalesce(max(${auditEntries.seq}), 0)`.as('total') })
          .from(auditEntries),
  ])
  return pageOf(rows, totals?.total ?? 0, page, ({ seq }) => [seq], presentEntry)
}

/**
 * The stages of one act, in the order they were appended.
 * @throws AppError audit_entry_unknown
 */
export async function getEntries(db: Database, id: string): Promise<AuditEntry[]> {
  const rows = await db
    .select(LINK)
    .from(auditEntries)
    .where(eq(auditEntries.id, id))
    .orderBy(auditEntries.seq)
  if (rows.length === 0) throw new AppError('audit_entry_unknown')
  return rows.map(presentEntry)
}
