import { and, eq, exists, ne, sql } from 'drizzle-orm'
import type { CustomerScope } from '../auth/customer-scope.ts'
import { contacts, members } from '../db/schema/lists.ts'
import { FIELD_TEXT } from '../errors.ts'
import type { Validated } from '../http/validation.ts'
import { type BulkOutcome, inTrips, parametersOf, said, type Upsert } from './bulk.service.ts'
import { type ContactUpsert, contactSaid, createNew, updateKnown } from './bulk-contacts.service.ts'
import { foundList, ownList } from './lists.service.ts'
import { listQuery, type MemberStatus } from './members.service.ts'

/** Who is to be in a list, and as what: a contact by its uid, or one to create or change by its email. */
export interface MemberUpsert {
  contactUid?: string | undefined
  /** Counts where there is no `contactUid`. */
  contact: ContactUpsert
  status?: MemberStatus | undefined
}

/**
 * Puts the contact of each row into a list, and creates or changes it before as `upsertContacts` does. One that is in
 * the list already keeps its status, unless the row names another.
 * @throws AppError list_unknown, and then nothing was done
 */
export const upsertMembers = (
  scope: CustomerScope,
  listUid: string,
  rows: Validated<MemberUpsert>[],
  now: number,
): Promise<BulkOutcome> =>
  inTrips(rows, async (inputs) => {
    const parameters = parametersOf(inputs.map(memberSaid))
    const each = <Statement>(statement: (json: string) => Statement) => parameters.map(statement)
    const ifListed = exists(listQuery(scope, listUid))
    const [list, ...answers] = await scope.db.batch([
      listQuery(scope, listUid),
      ...each((json) => createNew(scope, json, now, ifListed)),
      ...each((json) => updateKnown(scope, json, now, ifListed)),
      ...each((json) => setStatuses(scope, listUid, json, now)),
      ...each((json) => enrol(scope, listUid, json, now)),
      ...each((json) => contactsOf(scope, json)),
    ])
    foundList(list)
    const answersTo = (statement: number) =>
      answers.slice(statement * parameters.length, (statement + 1) * parameters.length).flat()
    const enrolled = new Set((answersTo(3) as Enrolled[]).map(({ contactId }) => contactId))
    const byKey = new Map((answersTo(4) as Found[]).map((contact) => [contact.key, contact]))
    return (input) => {
      const contact = byKey.get(memberSaid(input).key)
      if (!contact) return { errors: { contact_uid: [FIELD_TEXT.unknown] } }
      return { email: contact.email, uid: contact.uid, isNew: enrolled.delete(contact.id) }
    }
  })

const memberSaid = ({ contactUid, contact, status }: MemberUpsert): Upsert =>
  contactUid === undefined ? { ...contactSaid(contact), status } : { key: contactUid, contactUid, status }

/** For SQL: the id of the contact that a row is about; null if there is none. */
const contactId = ({ uid }: CustomerScope) =>
  sql`coalesce(
    (SELECT known.id FROM contacts AS known WHERE known.customer_uid = ${uid} AND known.uid = ${said('contactUid')}),
    (SELECT known.id FROM contacts AS known WHERE known.customer_uid = ${uid} AND known.email = ${said('email')})
  )`

/** Goes before `enrol`, so that it is about members of before. */
const setStatuses = (scope: CustomerScope, listUid: string, json: string, now: number) =>
  scope.db
    .update(members)
    .set({ status: sql`${said('status')}`, updatedAt: now })
    .from(sql`json_each(${json}) AS row`)
    .where(
      and(
        // The plus keeps SQLite from going through the whole list for each row (https://sqlite.org/optoverview.html, 5.1).
        eq(sql`+${members.listId}`, listQuery(scope, listUid)),
        eq(members.contactId, contactId(scope)),
        ne(members.status, said('status')),
      ),
    )

type Enrolled = Awaited<ReturnType<typeof enrol>>[number]

const enrol = (scope: CustomerScope, listUid: string, json: string, now: number) =>
  scope.db
    .insert(members)
    .select(
      sql`SELECT lists.id, ${contactId(scope)} AS contact_id, ${scope.uid}, coalesce(${said('status')}, 'subscribed'),
        ${now}, ${now} FROM lists CROSS JOIN json_each(${json}) AS row
        WHERE ${ownList(scope, listUid)} AND contact_id IS NOT NULL`,
    )
    .onConflictDoNothing()
    .returning({ contactId: members.contactId })

type Found = Awaited<ReturnType<typeof contactsOf>>[number]

const contactsOf = (scope: CustomerScope, json: string) =>
  scope.db
    .select({
      key: sql<string>`${said('key')}`.as('key'),
      id: contacts.id,
      uid: contacts.uid,
      email: contacts.email,
    })
    .from(sql`json_each(${json}) AS row`)
    .innerJoin(contacts, eq(contacts.id, contactId(scope)))
