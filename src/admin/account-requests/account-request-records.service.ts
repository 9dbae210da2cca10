import { and, eq, sql } from 'drizzle-orm'
import * as z from 'zod'
import { once } from '../../base/once.ts'
import type { Database } from '../../db/client.ts'
import { boundedTotal, paged, sortKey } from '../../db/paging.ts'
import type { Reader } from '../../db/reader.ts'
import { CUSTOMER_STATUSES, customers } from '../../db/schema/customers.ts'
import { ACCOUNT_REQUEST_STATUSES, accountRequests } from '../../db/schema/grants.ts'
import { admins } from '../../db/schema/staff.ts'
import { orUnknown } from '../../errors.ts'
import { timestamp } from '../../http/envelopes.ts'
import { textValue, timeValue, uidValue } from '../../http/fields/values.ts'
import { type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'

export type RequestKind = (typeof accountRequests.$inferSelect)['kind']

/** A request for a change of a customer's account. */
export const accountRequestObject = once(() =>
  z
    .object({
      id: z.int().meta({ examples: [52] }),
      status: z.enum(ACCOUNT_REQUEST_STATUSES),
      reason: textValue('Very suspicious user'),
      super_admin_comment: textValue('Confirmed by the bank').nullable(),
      user: z.object({
        customer_uid: uidValue(),
        first_name: textValue('Ada'),
        last_name: textValue('Lovelace'),
        email: textValue('ada@example.com'),
        status: z.enum(CUSTOMER_STATUSES),
      }),
      created_by: z.object({
        id: z.int().meta({ examples: [11] }),
        email: textValue('cs@example.com'),
      }),
      created_at: timeValue(),
      decided_at: timeValue().nullable(),
    })
    .meta({ id: 'AccountRequest' }),
)
export type AccountRequest = z.infer<ReturnType<typeof accountRequestObject>>

/** Selects requests with the customer they are about and the admin who made them. */
export const selectRequests = (db: Database) =>
  db
    .select({
      id: accountRequests.id,
      status: accountRequests.status,
      reason: accountRequests.reason,
      comment: accountRequests.superAdminComment,
      createdAt: accountRequests.createdAt,
      decidedAt: accountRequests.decidedAt,
      createdBy: accountRequests.createdBy,
      createdByEmail: sql<string>`${admins.email}`.as('created_by_email'),
      customerUid: accountRequests.customerUid,
      firstName: customers.firstName,
      lastName: customers.lastName,
      email: customers.email,
      customerStatus: sql<(typeof CUSTOMER_STATUSES)[number]>`${customers.status}`.as('customer_status'),
    })
    .from(accountRequests)
    .innerJoin(customers, eq(customers.uid, accountRequests.customerUid))
    .innerJoin(admins, eq(admins.id, accountRequests.createdBy))

export type RequestRow = Awaited<ReturnType<typeof selectRequests>>[number]

/** The condition for a request of this kind. Any other spelling of its number (`007`) is no request's. */
export const ofKind = (kind: RequestKind, id: string) =>
  and(eq(accountRequests.kind, kind), eq(accountRequests.id, /^[1-9]\d{0,14}$/.test(id) ? Number(id) : 0))

const NEWEST_FIRST = sortKey({ id: accountRequests.id }, 'descending')

/** Returns the requests of a kind, newest first. */
export async function listRequests(
  reader: Reader,
  kind: RequestKind,
  status: AccountRequest['status'] | undefined,
  query: PageQuery,
): Promise<Page<AccountRequest>> {
  const { db } = reader
  const page = pageRequest(query, NEWEST_FIRST)
  const matching = and(
    eq(accountRequests.kind, kind),
    status === undefined ? undefined : eq(accountRequests.status, status),
  )
  const { rows, total } = await reader.read({
    rows: paged(selectRequests(db).$dynamic(), NEWEST_FIRST, page, matching),
    total: boundedTotal(db, sql`SELECT id FROM account_requests WHERE ${matching}`),
  })
  return pageOf(rows, total[0]?.total ?? null, page, NEWEST_FIRST, presentRequest)
}

/** @throws AppError account_request_unknown */
export async function getRequest(reader: Reader, kind: RequestKind, id: string): Promise<AccountRequest> {
  const { found } = await reader.read({ found: selectRequests(reader.db).where(ofKind(kind, id)) })
  return presentRequest(orUnknown(found[0], 'account_request_unknown'))
}

export const presentRequest = (row: RequestRow): AccountRequest => ({
  id: row.id,
  status: row.status,
  reason: row.reason,
  super_admin_comment: row.comment,
  user: {
    customer_uid: row.customerUid,
    first_name: row.firstName,
    last_name: row.lastName,
    email: row.email,
    status: row.customerStatus,
  },
  created_by: { id: row.createdBy, email: row.createdByEmail },
  created_at: timestamp(row.createdAt),
  decided_at: timestamp(row.decidedAt),
})

/** A request as its records tell of it: what it asks for, what became of it, and of the account. */
export const toldRequest = ({ status, reason, super_admin_comment, user }: AccountRequest) => ({
  status,
  reason,
  super_admin_comment,
  user_status: user.status,
})
