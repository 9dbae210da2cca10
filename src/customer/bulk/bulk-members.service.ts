import { and, eq, exists, ne, type SQL, sql } from 'drizzle-orm'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { randomUid } from '../../crypto/random.ts'
import { members } from '../../db/schema/lists.ts'
import { FIELD_TEXT, orUnknown } from '../../errors.ts'
import type { Validated } from '../../http/validation.ts'
import { ownList, selectList } from '../lists/lists.service.ts'
import type { MemberStatus } from '../lists/members.service.ts'
import { type BulkOutcome, hasValue, inTrips, rowValue, type Upsert } from './bulk.service.ts'
import {
  type ContactUpsert,
  contactId,
  contactUpsertOf,
  createNew,
  selectContacts,
  updateKnown,
} from './bulk-contacts.service.ts'

/** A member to add or change: a contact by its uid, or one to create or change by its email. */
export interface MemberUpsert {
  contactUid?: string | undefined
  /** Used if there is no `contactUid`. */
  contact: ContactUpsert
  status?: MemberStatus | undefined
}

/**
 * Adds the contact of each row to a list, after creating or changing it as `upsertContacts` does. A member keeps its
 * status, unless the row has another.
 * @throws AppError list_unknown, and then nothing was done
 */
export const upsertMembers = (
  scope: CustomerScope,
  listUid: string,
  rows: Validated<MemberUpsert>[],
  now: number,
): Promise<BulkOutcome> =>
  inTrips(rows, memberUpsertOf, async ({ contacts: json, identities }) => {
    const enrolment = { scope, listUid, identities, now }
    const ifListed = exists(selectList(scope, listUid))
    const { list, enrolled, contacts } = await scope.write({
      before: { list: selectList(scope, listUid), enrolled: selectMembers(scope, listUid, identities) },
      statements: [
        createNew(scope, json, now, ifListed),
        updateKnown(scope, json, now, ifListed),
        enrol(enrolment),
        setStatuses(enrolment),
      ],
      after: { contacts: selectContacts(scope, identities) },
    })
    orUnknown(list[0], 'list_unknown')
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

/** Contacts to add to a list. `identities` are those of `TripParameters`. */
interface Enrolment {
  scope: CustomerScope
  listUid: string
  identities: string
  now: number
}

const memberUpsertOf = ({ contactUid, contact, status }: MemberUpsert): Upsert =>
  contactUid === undefined
    ? { ...contactUpsertOf(contact), status }
    : { key: contactUid, uid: randomUid(), contactUid, status }

/**
 * Selects the contacts of the rows that are members already. CROSS JOIN keeps SQLite from going through the whole
 * list (https://sqlite.org/optoverview.html, 7.3).
 */
const selectMembers = (scope: CustomerScope, listUid: string, identities: string) =>
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

/** Adds the contacts that are not members yet. */
const enrol = (enrolment: Enrolment) =>
  enrolment.scope.db.insert(members).select(memberRows(enrolment, sql`true`)).onConflictDoNothing()

/**
 * Sets the statuses of the rows, one after another: a row by uid and a row by email can be the same member. Runs
 * after `enrol`, so that all are members.
 */
const setStatuses = (enrolment: Enrolment) =>
  enrolment.scope.db
    .insert(members)
    .select(memberRows(enrolment, hasValue('status')))
    .onConflictDoUpdate({
      target: [members.listId, members.contactId],
      set: { status: sql`excluded.status`, updatedAt: enrolment.now },
      setWhere: ne(members.status, sql`excluded.status`),
    })

const memberRows = ({ scope, listUid, identities, now }: Enrolment, condition: SQL) =>
  sql`SELECT lists.id, ${contactId(scope)} AS contact_id, ${scope.uid}, coalesce(${rowValue('status')}, 'subscribed'),
    ${now}, ${now} FROM lists CROSS JOIN json_each(${identities}) AS row
    WHERE ${ownList(scope, listUid)} AND contact_id IS NOT NULL AND ${condition} ORDER BY row.key`
