import { and, eq, type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { CustomerScope } from '../auth/customer-access.ts'
import { randomUid } from '../crypto/random.ts'
import { past } from '../db/keyset.ts'
import { contacts, lists, MEMBER_STATUSES, members } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { type Page, type PageRequest, pageOf } from '../http/pagination.ts'
import {
  type ContactInput,
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
export const memberObject = contactObject.extend({ status: z.enum(MEMBER_STATUSES) }).meta({ id: 'Member' })
export type Member = z.infer<typeof memberObject>

/** What the answer to a change says of the member. */
export const memberReference = contactReference
  .extend({ status: z.enum(MEMBER_STATUSES) })
  .meta({ id: 'MemberReference' })
export type MemberReference = z.infer<typeof memberReference>

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

/**
 * Puts a contact into a list.
 * @throws AppError list_unknown, contact_unknown, member_exists
 */
export async function addContact(
  scope: CustomerScope,
  listUid: string,
  contactUid: string,
  status: MemberStatus,
  now: number,
): Promise<MemberReference> {
  const [list, ...results] = await scope.db.batch([
    listQuery(scope, listUid),
    ...enrolment(scope, listUid, ownContact(scope, contactUid), status, now),
  ])
  foundList(list)
  return enrolled(...results)
}

/**
 * Puts the contact with this email into a list, and creates it first if there is none. One that is there stays as it is.
 * @throws AppError list_unknown, member_exists
 */
export async function addByEmail(
  scope: CustomerScope,
  listUid: string,
  { email, firstName, lastName, phone, fields }: ContactInput,
  status: MemberStatus,
  now: number,
): Promise<MemberReference> {
  const { db } = scope
  const [list, , ...results] = await db.batch([
    listQuery(scope, listUid),
    db
      .insert(contacts)
      .select(
        sql`SELECT NULL, ${randomUid()}, customer_uid, ${email}, ${firstName}, ${lastName}, ${phone},
          ${JSON.stringify(fields)}, ${now}, ${now} FROM lists WHERE ${ownList(scope, listUid)}`,
      )
      .onConflictDoNothing(),
    ...enrolment(scope, listUid, withEmail(scope, email), status, now),
  ])
  foundList(list)
  return enrolled(...results)
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

const listQuery = (scope: CustomerScope, listUid: string) =>
  scope.db.select({ id: lists.id }).from(lists).where(ownList(scope, listUid))

const memberQuery = ({ db, uid }: CustomerScope, listUid: string, contact: SQL | undefined) =>
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

/** The statements that put a contact into a list; `enrolled` reads what they gave. */
const enrolment = (
  scope: CustomerScope,
  listUid: string,
  contact: SQL | undefined,
  status: MemberStatus,
  now: number,
) =>
  [
    scope.db
      .insert(members)
      .select(
        sql`SELECT lists.id, contacts.id, ${scope.uid}, ${status}, ${now}, ${now} FROM lists, contacts
          WHERE ${ownList(scope, listUid)} AND ${contact}`,
      )
      .onConflictDoNothing()
      .returning({ contactId: members.contactId }),
    memberQuery(scope, listUid, contact),
  ] as const

/** @throws AppError contact_unknown, member_exists with the contact and the status that it keeps */
function enrolled(added: unknown[], found: MemberReference[]): MemberReference {
  const { uid, email, status } = foundContact(found)
  if (added.length === 0) throw new AppError('member_exists', { details: { contact: { uid, status } } })
  return { uid, email, status }
}
