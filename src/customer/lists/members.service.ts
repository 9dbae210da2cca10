import { and, eq, type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { once } from '../../base/once.ts'
import { paged, sortKey } from '../../db/paging.ts'
import { contacts, lists, MEMBER_STATUSES, members } from '../../db/schema/lists.ts'
import { orUnknown } from '../../errors.ts'
import { type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import {
  type ContactRow,
  contactColumns,
  contactObject,
  ownContact,
  presentContact,
  withEmail,
} from '../contacts/contacts.service.ts'
import { ownList, selectList } from './lists.service.ts'

export type MemberStatus = (typeof MEMBER_STATUSES)[number]

/** A contact as a member of a list. */
export const memberObject = once(() =>
  contactObject()
    .extend({ status: z.enum(MEMBER_STATUSES) })
    .meta({ id: 'Member' }),
)
export type Member = z.infer<ReturnType<typeof memberObject>>

export interface MemberFilter {
  status?: MemberStatus | undefined
  /** A whole email, compared without case. */
  email?: string | undefined
}

const TOTALS = {
  subscribed: lists.subscribedCount,
  unsubscribed: lists.unsubscribedCount,
  unconfirmed: lists.unconfirmedCount,
  blacklisted: lists.blacklistedCount,
} satisfies Record<MemberStatus, unknown>

const memberColumns = { ...contactColumns, status: members.status }

type MemberRow = ContactRow & { status: MemberStatus }

const BY_AGE = sortKey({ id: members.contactId })

/** Returns the members of a list, by the age of the contacts. @throws AppError list_unknown */
export async function listMembers(
  scope: CustomerScope,
  listUid: string,
  { status, email }: MemberFilter,
  query: PageQuery,
): Promise<Page<Member>> {
  const page = pageRequest(query, BY_AGE)
  const { db } = scope
  const matching = and(
    ownList(scope, listUid),
    status === undefined ? undefined : eq(members.status, status),
    email === undefined ? undefined : withEmail(scope, email),
  )
  const membersOfList = db
    .select(memberColumns)
    .from(lists)
    .innerJoin(members, eq(members.listId, lists.id))
    .innerJoin(contacts, eq(contacts.id, members.contactId))
  const { rows, list } = await scope.read({
    rows: paged(membersOfList.$dynamic(), BY_AGE, page, matching),
    list: db
      .select({ total: status === undefined ? lists.contactsCount : TOTALS[status] })
      .from(lists)
      .where(ownList(scope, listUid)),
  })
  const { total } = orUnknown(list[0], 'list_unknown')
  return pageOf(rows, email === undefined ? total : rows.length, page, BY_AGE, presentMember)
}

/** @throws AppError list_unknown, contact_unknown if it is not in the list */
export async function setMemberStatus(
  scope: CustomerScope,
  listUid: string,
  contactUid: string,
  status: MemberStatus,
  now: number,
): Promise<Member> {
  const { list, member } = await scope.write({
    statements: [
      scope.db
        .update(members)
        .set({ status, updatedAt: now })
        .where(membership(scope, listUid, contactUid)),
    ],
    after: {
      list: selectList(scope, listUid),
      member: selectMember(scope, listUid, ownContact(scope, contactUid)),
    },
  })
  orUnknown(list[0], 'list_unknown')
  return presentMember(orUnknown(member[0], 'contact_unknown'))
}

/**
 * Removes a contact from a list. Returns it as the member that it was; the contact stays.
 * @throws AppError list_unknown, contact_unknown if it is not in the list
 */
export async function removeMember(
  scope: CustomerScope,
  listUid: string,
  contactUid: string,
): Promise<Member> {
  const { list, removed } = await scope.write({
    before: {
      list: selectList(scope, listUid),
      removed: selectMember(scope, listUid, ownContact(scope, contactUid)),
    },
    statements: [scope.db.delete(members).where(membership(scope, listUid, contactUid))],
  })
  orUnknown(list[0], 'list_unknown')
  return presentMember(orUnknown(removed[0], 'contact_unknown'))
}

/** Selects a contact as a member of a list. */
export const selectMember = ({ db, uid }: CustomerScope, listUid: string, contact: SQL | undefined) =>
  db
    .select(memberColumns)
    .from(contacts)
    .innerJoin(lists, ownList({ uid }, listUid))
    .innerJoin(members, and(eq(members.listId, lists.id), eq(members.contactId, contacts.id)))
    .where(contact)

const membership = (scope: CustomerScope, listUid: string, contactUid: string) =>
  and(
    eq(members.listId, sql`(SELECT id FROM lists WHERE ${ownList(scope, listUid)})`),
    eq(members.contactId, sql`(SELECT id FROM contacts WHERE ${ownContact(scope, contactUid)})`),
  )

export const presentMember = ({ status, ...contact }: MemberRow): Member => ({
  ...presentContact(contact),
  status,
})
