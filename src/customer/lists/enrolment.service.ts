import { type SQL, sql } from 'drizzle-orm'
import type { Change, CustomerScope } from '../../auth/customer-scope.ts'
import { randomUid } from '../../crypto/random.ts'
import { contacts, members } from '../../db/schema/lists.ts'
import { AppError, orUnknown } from '../../errors.ts'
import { type ContactInput, ownContact, withEmail } from '../contacts/contacts.service.ts'
import { ownList, selectList } from './lists.service.ts'
import { type Member, type MemberStatus, presentMember, selectMember } from './members.service.ts'

/**
 * Adds a contact to a list.
 * @throws AppError list_unknown, contact_unknown, member_exists
 */
export const addContact = (
  scope: CustomerScope,
  listUid: string,
  contactUid: string,
  status: MemberStatus,
  now: number,
): Promise<Member> =>
  enrol(scope, { listUid, contact: ownContact(scope, contactUid), status, now, first: [] })

/**
 * Adds the contact with this email to a list, and creates it first if there is none. An existing contact is not
 * changed.
 * @throws AppError list_unknown, member_exists
 */
export const addByEmail = (
  scope: CustomerScope,
  listUid: string,
  { email, firstName, lastName, phone, fields }: ContactInput,
  status: MemberStatus,
  now: number,
): Promise<Member> =>
  enrol(scope, {
    listUid,
    contact: withEmail(scope, email),
    status,
    now,
    first: [
      scope.db
        .insert(contacts)
        .select(
          sql`SELECT NULL, ${randomUid()}, customer_uid, ${email}, ${firstName}, ${lastName}, ${phone},
            ${JSON.stringify(fields)}, ${now}, ${now} FROM lists WHERE ${ownList(scope, listUid)}`,
        )
        .onConflictDoNothing(),
    ],
  })

interface Enrolment {
  listUid: string
  /** The condition that finds the contact. */
  contact: SQL | undefined
  status: MemberStatus
  now: number
  /** Statements to run before, in the same transaction. */
  first: Change['statements']
}

/** @throws AppError list_unknown, contact_unknown, member_exists with the contact and the status that it keeps */
async function enrol(
  scope: CustomerScope,
  { listUid, contact, status, now, first }: Enrolment,
): Promise<Member> {
  const { known, list, member } = await scope.write({
    before: { known: selectMember(scope, listUid, contact) },
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
    after: { list: selectList(scope, listUid), member: selectMember(scope, listUid, contact) },
  })
  orUnknown(list[0], 'list_unknown')
  const found = presentMember(orUnknown(member[0], 'contact_unknown'))
  if (known.length === 0) return found
  throw new AppError('member_exists', { details: { contact: { uid: found.uid, status: found.status } } })
}
