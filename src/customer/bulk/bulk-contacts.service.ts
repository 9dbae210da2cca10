import { and, eq, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { randomUid } from '../../crypto/random.ts'
import { contacts } from '../../db/schema/lists.ts'
import type { Validated } from '../../http/validation.ts'
import type { ContactInput } from '../contacts/contacts.service.ts'
import { type BulkOutcome, hasValue, inTrips, rowValue, type Upsert } from './bulk.service.ts'

/** A contact to create, or the changes to the one with this email. Values that were not sent are undefined. */
export type ContactUpsert = Pick<ContactInput, 'email'> &
  Pick<Upsert, 'firstName' | 'lastName' | 'phone' | 'fields'>

/**
 * Creates a contact for each row whose email is new to the customer and updates the others, as if the rows came one
 * after another: only the columns of a row change, and an email that occurs twice is created by its first row and
 * updated by the next.
 */
export const upsertContacts = (
  scope: CustomerScope,
  rows: Validated<ContactUpsert>[],
  now: number,
): Promise<BulkOutcome> =>
  inTrips(rows, contactUpsertOf, async ({ contacts: json, identities }) => {
    const { contacts } = await scope.write({
      statements: [createNew(scope, json, now), updateKnown(scope, json, now)],
      after: { contacts: selectContacts(scope, identities) },
    })
    const created = new Set(contacts.filter(({ isNew }) => isNew).map(({ uid }) => uid))
    const uids = new Map(contacts.map(({ key, uid }) => [key, uid]))
    return ({ key, email }) => {
      const uid = uids.get(key)
      if (uid === undefined) throw new Error('D1 wrote fewer contacts than it was given')
      return { email, uid, isNew: created.delete(uid) }
    }
  })

/** Returns an email as D1's NOCASE compares it: ASCII letters lose their case, and emails are ASCII. */
const identityOf = (email: string) => email.toLowerCase()

export const contactUpsertOf = (contact: ContactUpsert) => ({
  key: identityOf(contact.email),
  uid: randomUid(),
  ...contact,
})

/** Creates the contacts whose emails are new, if `condition` holds. */
export function createNew({ db, uid }: CustomerScope, json: string, now: number, condition = sql`true`) {
  const rows = sql`SELECT NULL, ${rowValue('uid')}, ${uid}, ${rowValue('email')}, ${rowValue('firstName')}, ${rowValue('lastName')},
    ${rowValue('phone')}, coalesce(${rowValue('fields')}, '{}'), ${now}, ${now}
    FROM json_each(${json}) AS row WHERE ${condition}`
  return db.insert(contacts).select(rows).onConflictDoNothing()
}

/** Updates the contacts that existed before, if `condition` holds: a new one has the uid that its row proposed. */
export function updateKnown({ db, uid }: CustomerScope, json: string, now: number, condition?: SQL) {
  const valueOr = (name: keyof Upsert, kept: SQLWrapper) =>
    sql`iif(${hasValue(name)}, ${rowValue(name)}, ${kept})`
  // Left to join by customer and email, SQLite goes through all contacts of the customer for each row.
  const known = sql`(SELECT known.id FROM contacts AS known
    WHERE known.customer_uid = ${uid} AND known.email = ${rowValue('email')} AND known.uid <> ${rowValue('uid')})`
  return db
    .update(contacts)
    .set({
      email: rowValue('email'),
      firstName: valueOr('firstName', contacts.firstName),
      lastName: valueOr('lastName', contacts.lastName),
      phone: valueOr('phone', contacts.phone),
      fields: valueOr('fields', contacts.fields),
      updatedAt: now,
    })
    .from(sql`json_each(${json}) AS row`)
    .where(and(eq(contacts.id, known), condition))
}

/** Selects the contacts of the rows. New ones have the uid that their row proposed. */
export const selectContacts = (scope: CustomerScope, identities: string) =>
  scope.db
    .select({
      key: sql<string>`${rowValue('key')}`.as('key'),
      id: contacts.id,
      uid: contacts.uid,
      email: contacts.email,
      isNew: sql<number>`${contacts.uid} = ${rowValue('uid')}`.as('is_new'),
    })
    .from(sql`json_each(${identities}) AS row`)
    .innerJoin(contacts, eq(contacts.id, contactId(scope)))

/** SQL for the id of a row's contact; null if there is none. */
export const contactId = ({ uid }: CustomerScope) =>
  sql`coalesce(
    (SELECT known.id FROM contacts AS known WHERE known.customer_uid = ${uid} AND known.uid = ${rowValue('contactUid')}),
    (SELECT known.id FROM contacts AS known WHERE known.customer_uid = ${uid} AND known.email = ${rowValue('email')})
  )`
