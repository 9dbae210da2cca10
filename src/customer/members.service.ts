import { and, eq, type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { CustomerScope } from '../auth/customer-scope.ts'
import { past } from '../db/keyset.ts'
import { contacts, lists, MEMBER_STATUSES, members } from '../db/schema/lists.ts'
import { once } from '../http/once.ts'
import { type Page, type PageRequest, pageOf } from '../http/pagination.ts'
import {
  contactColumns,
  contactObject,
  contactReference,
  foundContact,
  ownContact,
  presentContact,
  withEmail,
} from './contacts.service.ts'
import { foundList, ownList } from './lists.service.ts'

export type MemberStatus = (typeof MEMBER_STATUSES)[number]

/** A contact as a member of a list. */
export const memberObject = once(() =>
  contactObject()
    .extend({ status: z.enum(MEMBER_STATUSES) })
    .meta({ id: 'Member' }),
)
export type Member = z.infer<ReturnType<typeof memberObject>>

/** What the answer to a change says of the member. */
export const memberReference = once(() =>
  contactReference()
    .extend({ status: z.enum(MEMBER_STATUSES) })
    .meta({ id: 'MemberReference' }),
)
export type MemberReference = z.infer<ReturnType<typeof memberReference>>

export interface MemberFilter {
  status?: MemberStatus | undefined
  /** The whole email, in any case. */
  email?: string | undefined
}

const TOTALS = {
  subscribed: lists.subscribedCount,
  unsubscribed: lists.unsubscribedCount,
  unconfirmed: lists.unconfirmedCount,
  blacklisted: lists.blacklistedCount,
} satisfies Record<MemberStatus, unknown>

const REFERENCE = { uid: contacts.uid, email: contacts.email, status: members.status }

/** The members of a list, by the age of the contacts. @throws AppError list_unknown */
export async function listMembers(
  scope: CustomerScope,
  listUid: string,
  { status, email }: MemberFilter,
  page: PageRequest,
): Promise<Page<Member>> {
  const { db } = scope
  const matching = and(
    ownList(scope, listUid),
    status === undefined ? undefined : eq(members.status, status),
    email === undefined ? undefined : withEmail(scope, email),
  )
  const [rows, totals] = await scope.read([
    db
      .select({ ...contactColumns, status: members.status })
      .from(lists)
      .innerJoin(members, eq(members.listId, lists.id))
      .innerJoin(contacts, eq(contacts.id, members.contactId))
      .where(and(matching, past([members.contactId], page)))
      .orderBy(members.contactId)
      .limit(page.perPage + 1)
      .offset(page.offset),
    db
      .select({ total: status === undefined ? lists.contactsCount : TOTALS[status] })
      .from(lists)
      .where(ownList(scope, listUid)),
  ])
  const { total } = foundList(totals)
  return pageOf(
    rows,
    email === undefined ? total : rows.length,
    page,
    ({ id }) => [id],
    ({ status, ...contact }) => ({ ...presentContact(contact), status }),
  )
}

/** @throws AppError list_unknown, contact_unknown if it is not in the list */
export async function setMemberStatus(
  scope: CustomerScope,
  listUid: string,
  contactUid: string,
  status: MemberStatus,
  now: number,
): Promise<MemberReference> {
  const { db } = scope
  const [list, , contact] = await db.batch([
    listQuery(scope, listUid),
    db
      .update(members)
      .set({ status, updatedAt: now })
      .where(membership(scope, listUid, contactUid)),
    memberQuery(scope, listUid, ownContact(scope, contactUid)),
  ])
  foundList(list)
  return foundContact(contact)
}

/** Takes a contact out of a list; the contact stays. @throws AppError list_unknown, contact_unknown if it is not in it */
export async function removeMember(
  scope: CustomerScope,
  listUid: string,
  contactUid: string,
): Promise<MemberReference> {
  const { db } = scope
  const [list, contact] = await db.batch([
    listQuery(scope, listUid),
    memberQuery(scope, listUid, ownContact(scope, contactUid)),
    db.delete(members).where(membership(scope, listUid, contactUid)),
  ])
  foundList(list)
  return foundContact(contact)
}

/** The query for whether there is such a list. */
export const listQuery = (scope: CustomerScope, listUid: string) =>
  scope.db.select({ id: lists.id }).from(lists).where(ownList(scope, listUid))

/** The query for a contact as a member of a list. */
export const memberQuery = ({ db, uid }: CustomerScope, listUid: string, contact: SQL | undefined) =>
  db
    .select(REFERENCE)
    .from(contacts)
    .innerJoin(lists, ownList({ uid }, listUid))
    .innerJoin(members, and(eq(members.listId, lists.id), eq(members.contactId, contacts.id)))
    .where(contact)

const membership = (scope: CustomerScope, listUid: string, contactUid: string) =>
  and(
    eq(members.listId, sql`(SELECT id FROM lists WHERE ${ownList(scope, listUid)})`),
    eq(members.contactId, sql`(SELECT id FROM contacts WHERE ${ownContact(scope, contactUid)})`),
  )
