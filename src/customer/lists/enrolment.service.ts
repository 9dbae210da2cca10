import { type SQL, sql } from 'drizzle-orm'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { randomUid } from '../../crypto/random.ts'
import { contacts, members } from '../../db/schema/lists.ts'
import { AppError } from '../../errors.ts'
import { type ContactInput, foundContact, ownContact, withEmail } from '../contacts/contacts.service.ts'
import { foundList, listQuery, ownList } from './lists.service.ts'
import { type Member, type MemberStatus, memberQuery, presentMember } from './members.service.ts'

/**
 * Puts a contact into a list.
 * @throws AppError list_unknown, contact_unknown, member_exists
 */
export const addContact = (
  scope: CustomerScope,
  listUid: string,
  contactUid: string,
  status: MemberStatus,
  now: number,
): Promise<Member> => enrol(scope, listUid, ownContact(scope, contactUid), status, now, [])

/**
 * Puts the contact with this email into a list, and creates it first if there is none. One that is there stays as it is.
 * @throws AppError list_unknown, member_exists
 */
export const addByEmail = (
  scope: CustomerScope,
  listUid: string,
  { email, firstName, lastName, phone, fields }: ContactInput,
  status: MemberStatus,
  now: number,
): Promise<Member> =>
  enrol(scope, listUid, withEmail(scope, email), status, now, [
    scope.db
      .insert(contacts)
      .select(
        sql`SELECT NULL, ${randomUid()}, customer_uid, ${email}, ${firstName}, ${lastName}, ${phone},
          ${JSON.stringify(fields)}, ${now}, ${now} FROM lists WHERE ${ownList(scope, listUid)}`,
      )
      .onConflictDoNothing(),
  ])

type Statements = Parameters<CustomerScope['write']>[0]['statements']

/** @throws AppError list_unknown, contact_unknown, member_exists with the contact and the status that it keeps */
async function enrol(
  scope: CustomerScope,
  listUid: string,
  contact: SQL | undefined,
  status: MemberStatus,
  now: number,
  first: Statements,
): Promise<Member> {
  const { known, list, member } = await scope.write({
    before: { known: memberQuery(scope, listUid, contact) },
    statements: [
      ...first,
      scope.db
        .insert(members)
        .select(
          sql`SELECT lists.id, contacts.id, ${scope.uid}, ${status}, ${now}, ${now} FROM lists, contacts
            WHERE ${ownList(scope, listUid)} AND ${contact}`,
        )
        .onConflictDoNothing(),
    ],
    after: { list: listQuery(scope, listUid), member: memberQuery(scope, listUid, contact) },
  })
  foundList(list)
  const found = presentMember(foundContact(member))
  if (known.length === 0) return found
  throw new AppError('member_exists', { details: { contact: { uid: found.uid, status: found.status } } })
}
