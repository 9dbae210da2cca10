import { type SQL, sql } from 'drizzle-orm'
import type { CustomerScope } from '../auth/customer-scope.ts'
import { randomUid } from '../crypto/random.ts'
import { contacts, members } from '../db/schema/lists.ts'
import { AppError } from '../errors.ts'
import { type ContactInput, foundContact, ownContact, withEmail } from './contacts.service.ts'
import { foundList, ownList } from './lists.service.ts'
import { listQuery, type MemberReference, type MemberStatus, memberQuery } from './members.service.ts'

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
