import { and, eq, ne, sql } from 'drizzle-orm'
import type { Changed } from '../../audit/recording/changes.ts'
import type { SessionActor } from '../../auth/actor.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { customers } from '../../db/schema/customers.ts'
import { accountRequests } from '../../db/schema/grants.ts'
import { AppError, orUnknown } from '../../errors.ts'
import {
  type AccountRequest,
  ofKind,
  presentRequest,
  type RequestKind,
  type RequestRow,
  selectRequests,
} from './account-request-records.service.ts'

/** What an approved request of each kind makes of a customer, and what refuses a request for it. */
const EFFECT = {
  disable: { from: 'active', to: 'inactive', otherwise: 'user_disabled' },
  enable: { from: 'inactive', to: 'active', otherwise: 'user_not_disabled' },
} as const

export interface NewRequest {
  kind: RequestKind
  customerUid: string
  reason: string
}

/**
 * Asks a super_admin for a change of a customer's account. Only the insertion decides who of two is first.
 * @throws AppError customer_unknown, customer_pending_delete, user_disabled, user_not_disabled, account_request_pending
 */
export async function createRequest(
  db: Database,
  { adminId }: Pick<SessionActor, 'adminId'>,
  { kind, customerUid, reason }: NewRequest,
  now: number,
): Promise<AccountRequest> {
  const { from, otherwise } = EFFECT[kind]
  const own = eq(customers.uid, customerUid)
  const pending = and(
    eq(accountRequests.kind, kind),
    eq(accountRequests.customerUid, customerUid),
    eq(accountRequests.status, 'pending'),
  )
  const { known, made, kept } = await inOneTrip(db, {
    known: db.select({ status: customers.status }).from(customers).where(own),
    made: db
      .insert(accountRequests)
      .select(
        sql`SELECT NULL, ${kind}, uid, ${reason}, 'pending', NULL, ${adminId}, ${now}, NULL, NULL
          FROM customers WHERE ${and(own, eq(customers.status, from))}`,
      )
      .onConflictDoNothing()
      .returning({ id: accountRequests.id }),
    kept: selectRequests(db).where(pending),
  })
  const { status } = orUnknown(known[0], 'customer_unknown')
  if (status === 'pending_delete') throw new AppError('customer_pending_delete')
  if (status !== from) throw new AppError(otherwise)
  if (!made[0]) throw new AppError('account_request_pending', { message: alreadyPending(kind) })
  return presentRequest(orUnknown(kept[0], 'account_request_unknown'))
}

/** Returns the contract's words for a second request. */
const alreadyPending = (kind: RequestKind) => `A pending ${kind}-request for this user already exists`

export interface Decision {
  kind: RequestKind
  id: string
  decision: 'approved' | 'declined'
  comment: string
}

/**
 * Decides a request. One decision wins; it and what it makes of the customer are one transaction.
 * @throws AppError account_request_unknown, self_action, account_request_decided, customer_pending_delete
 */
export async function decideRequest(
  db: Database,
  { adminId }: Pick<SessionActor, 'adminId'>,
  { kind, id, decision, comment }: Decision,
  now: number,
): Promise<Changed<AccountRequest>> {
  const { from, to } = EFFECT[kind]
  const isDeleted = sql`EXISTS (SELECT 1 FROM customers
    WHERE uid = ${accountRequests.customerUid} AND status = 'pending_delete')`
  const decidable = and(
    ofKind(kind, id),
    eq(accountRequests.status, 'pending'),
    ne(accountRequests.createdBy, adminId),
    decision === 'approved' ? sql`NOT ${isDeleted}` : undefined,
  )
  const { before, decided, after } = await inOneTrip(db, {
    before: selectRequests(db).where(ofKind(kind, id)),
    // The customer first: once the request is decided it does not tell any more who decided it.
    ...(decision === 'approved' && {
      customer: db
        .update(customers)
        .set({ status: to, updatedAt: now })
        .where(
          and(
            eq(customers.status, from),
            sql`${customers.uid} = (SELECT customer_uid FROM account_requests WHERE ${decidable})`,
          ),
        ),
    }),
    decided: db
      .update(accountRequests)
      .set({ status: decision, superAdminComment: comment, decidedBy: adminId, decidedAt: now })
      .where(decidable)
      .returning({ id: accountRequests.id }),
    after: selectRequests(db).where(ofKind(kind, id)),
  })
  const existing = orUnknown(before[0], 'account_request_unknown')
  if (!decided[0]) throw refusalOf(existing, adminId)
  return {
    before: presentRequest(existing),
    after: presentRequest(orUnknown(after[0], 'account_request_unknown')),
  }
}

function refusalOf({ status, createdBy }: RequestRow, adminId: number): AppError {
  if (createdBy === adminId) return new AppError('self_action')
  return new AppError(status === 'pending' ? 'customer_pending_delete' : 'account_request_decided')
}
