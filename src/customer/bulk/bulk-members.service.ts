import { and, eq, exists, ne, type SQL, sql } from 'drizzle-orm'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { randomUid } from '../../crypto/random.ts'
import { members } from '../../db/schema/lists.ts'
import { FIELD_TEXT } from '../../errors.ts'
import type { Validated } from '../../http/validation.ts'
import { foundList, listQuery, ownList } from '../lists/lists.service.ts'
import type { MemberStatus } from '../lists/members.service.ts'
import { type BulkOutcome, inTrips, said, says, type Upsert } from './bulk.service.ts'
import {
  type ContactUpsert,
  contactId,
  contactSaid,
  contactsOf,
  createNew,
  updateKnown,
} from './bulk-contacts.service.ts'

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
  inTrips(rows, memberSaid, async ({ contacts: json, identities }) => {
    const ifListed = exists(listQuery(scope, listUid))
    const { list, enrolled, contacts } = await scope.write({
      before: { list: listQuery(scope, listUid), enrolled: membersOf(scope, listUid, identities) },
      statements: [
        createNew(scope, json, now, ifListed),
        updateKnown(scope, json, now, ifListed),
        enrol(scope, listUid, identities, now),
        setStatuses(scope, listUid, identities, now),
      ],
      after: { contacts: contactsOf(scope, identities) },
    })
    foundList(list)
    const known = new Set(enrolled.map(({ contactId }) => contactId))
    const byKey = new Map(contacts.map((contact) => [contact.key, contact]))
    return ({ key }) => {
      const contact = byKey.get(key)
      if (!contact) return { errors: { contact_uid: [FIELD_TEXT.unknown] } }
      const { id, email, uid } = contact
      const isNew = !known.has(id)
      known.add(id)
      return { email, uid, isNew }
    }
  })

const memberSaid = ({ contactUid, contact, status }: MemberUpsert): Upsert =>
  contactUid === undefined
    ? { ...contactSaid(contact), status }
    : { key: contactUid, uid: randomUid(), contactUid, status }

/**
 * The query for those of the contacts that rows are about who are in the list. CROSS JOIN keeps SQLite from going
 * through the whole list (https://sqlite.org/optoverview.html, 7.3).
 */
const membersOf = (scope: CustomerScope, listUid: string, identities: string) =>
  scope.db
    .select({ contactId: members.contactId })
    .from(sql`json_each(${identities}) AS row`)
    .crossJoin(members)
    .where(
      and(
        eq(members.listId, sql`(SELECT id FROM lists WHERE ${ownList(scope, listUid)})`),
        eq(members.contactId, contactId(scope)),
      ),
    )

/** Puts those into the list who are not in it. */
const enrol = (scope: CustomerScope, listUid: string, identities: string, now: number) =>
  scope.db
    .insert(members)
    .select(memberRows(scope, listUid, identities, now, sql`true`))
    .onConflictDoNothing()

/**
 * Gives members the statuses that rows name, one after another: rows that name a contact by its uid and by its email
 * are about one member. Goes after `enrol`, so that all are members.
 */
const setStatuses = (scope: CustomerScope, listUid: string, identities: string, now: number) =>
  scope.db
    .insert(members)
    .select(memberRows(scope, listUid, identities, now, says('status')))
    .onConflictDoUpdate({
      target: [members.listId, members.contactId],
      set: { status: sql`excluded.status`, updatedAt: now },
      setWhere: ne(members.status, sql`excluded.status`),
    })

const memberRows = (scope: CustomerScope, listUid: string, identities: string, now: number, condition: SQL) =>
  sql`SELECT lists.id, ${contactId(scope)} AS contact_id, ${scope.uid}, coalesce(${said('status')}, 'subscribed'),
    ${now}, ${now} FROM lists CROSS JOIN json_each(${identities}) AS row
    WHERE ${ownList(scope, listUid)} AND contact_id IS NOT NULL AND ${condition} ORDER BY row.key`
