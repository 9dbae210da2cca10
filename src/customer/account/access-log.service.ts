import { and, eq, isNotNull, notExists, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import * as z from 'zod'
import { type ActOutcome, outcome, unknownUpTo } from '../../audit/trail/outcome.ts'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { ROLES, type Role } from '../../auth/permissions.ts'
import { once } from '../../base/once.ts'
import { boundedTotal, paged, sortKey } from '../../db/paging.ts'
import { auditEntries } from '../../db/schema/audit.ts'
import { textValue, timeValue } from '../../http/fields/values.ts'
import { type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import type { Stores } from '../../http/stores.ts'

/** An act of an admin, as the customer whose data it concerned sees it. */
export const accessLogEntry = once(() =>
  z
    .object({
      id: textValue('aud_4fJq0ZkPz7Xn2wB9sVtYcD'),
      time: timeValue(),
      admin: z.object({
        id: textValue('staff_Yk3vJ0mQ8rT1xW5zB7nC2d').meta({
          description: 'The same for all acts of one person here, and another one at every other customer.',
        }),
        role: z.enum(ROLES),
      }),
      method: textValue('DELETE'),
      route: textValue('/contacts/:uid')
        .nullable()
        .meta({ description: 'The pattern of the path; null: there is no such path.' }),
      reason: textValue('Ticket 4711').nullable(),
      status: z
        .int()
        .nullable()
        .meta({ examples: [200] }),
      outcome: outcome().meta({
        description: 'How the act ended; of one that has not: `pending` for a minute, then `unknown`.',
      }),
    })
    .meta({ id: 'AccessLogEntry' }),
)
export type AccessLogEntry = z.infer<ReturnType<typeof accessLogEntry>>

/** The members of an audit entry that are read (see audit/trail/fields.ts). */
interface StoredEntry {
  id: string
  time: string
  admin_id: number
  role: Role
  method: string
  route: string | null
  reason: string | null
  status: number | null
  result: Exclude<ActOutcome, 'pending'> | null
}

interface Row {
  seq: number
  entry: string
  ending: string | null
}

const NEWEST_FIRST = sortKey({ seq: auditEntries.seq }, 'descending')

/**
 * Returns the acts of admins on the customer's data, newest first, one entry an act: in the trail a change has two,
 * when it was received and when it was completed.
 */
export async function listAccesses(
  scope: CustomerScope,
  stores: Pick<Stores, 'pseudonymOf'>,
  query: PageQuery,
  now: number,
): Promise<Page<AccessLogEntry>> {
  const page = pageRequest(query, NEWEST_FIRST)
  const { db, uid } = scope
  const [completed, received] = [alias(auditEntries, 'completed'), alias(auditEntries, 'received')]
  const isReceived = eq(auditEntries.stage, 'received')
  const wasReceived = db
    .select({ seq: received.seq })
    .from(received)
    .where(and(eq(received.id, auditEntries.id), eq(received.stage, 'received')))
  const acts = db
    .select({
      seq: auditEntries.seq,
      entry: auditEntries.entry,
      ending: sql<string | null>`${completed.entry}`.as('ending'),
    })
    .from(auditEntries)
    .leftJoin(completed, and(isReceived, eq(completed.id, auditEntries.id), eq(completed.stage, 'completed')))
  // What the customer itself did is on record too.
  const own = and(eq(auditEntries.customerUid, uid), isNotNull(auditEntries.adminId))
  const { rows, total } = await scope.read({
    rows: paged(acts.$dynamic(), NEWEST_FIRST, page, and(own, or(isReceived, notExists(wasReceived)))),
    total: boundedTotal(db, sql`SELECT id FROM audit_entries WHERE ${own}`),
  })
  const found = pageOf(rows, total[0]?.total ?? null, page, NEWEST_FIRST, (row) => row)
  const items = await Promise.all(found.items.map((row) => present(row, uid, stores, now)))
  return { ...found, items }
}

async function present(
  { entry, ending }: Row,
  customerUid: string,
  { pseudonymOf }: Pick<Stores, 'pseudonymOf'>,
  now: number,
): Promise<AccessLogEntry> {
  const act = JSON.parse(entry) as StoredEntry
  const { status, result } = ending === null ? act : (JSON.parse(ending) as StoredEntry)
  const isOverdue = act.time <= unknownUpTo(now)
  return {
    id: act.id,
    time: act.time,
    admin: { id: await pseudonymOf(customerUid, act.admin_id), role: act.role },
    method: act.method,
    route: act.route,
    reason: act.reason,
    status,
    outcome: result ?? (isOverdue ? 'unknown' : 'pending'),
  }
}
