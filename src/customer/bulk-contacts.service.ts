import { and, eq, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { CustomerScope } from '../auth/customer-scope.ts'
import { contacts } from '../db/schema/lists.ts'
import type { Validated } from '../http/validation.ts'
import { type BulkOutcome, inTrips, parametersOf, said, says, type Upsert } from './bulk.service.ts'
import type { ContactInput, ContactReference } from './contacts.service.ts'

/** A contact to create, or the changes to the one with this email. What was not sent is undefined. */
export type ContactUpsert = Pick<ContactInput, 'email'> & Partial<ContactInput>

/**
 * Creates a contact for each row whose email is new to the customer and updates the others, as if the rows came one
 * after another: of an existing contact only what a row names changes, and an email that is there twice is created by
 * its first row and updated by the next.
 */
export const upsertContacts = (
  scope: CustomerScope,
  rows: Validated<ContactUpsert>[],
  now: number,
): Promise<BulkOutcome> =>
  inTrips(rows, async (inputs) => {
    const parameters = parametersOf(inputs.map(contactSaid))
    const [first, ...rest] = [
      ...parameters.map((json) => createNew(scope, json, now)),
      ...parameters.map((json) => updateKnown(scope, json, now)),
    ]
    const answers: ContactReference[][] = first ? await scope.db.batch([first, ...rest]) : []
    const created = new Set(answers.slice(0, parameters.length).flatMap((rows) => rows.map(({ uid }) => uid)))
    const uids = new Map(answers.flat().map(({ uid, email }) => [identityOf(email), uid]))
    return ({ email }) => {
      const uid = uids.get(identityOf(email))
      if (uid === undefined) throw new Error('D1 wrote fewer contacts than it was given')
      return { email, uid, isNew: created.delete(uid) }
    }
  })

/** What D1's NOCASE compares emails by: ASCII letters lose their case, and emails are ASCII. */
const identityOf = (email: string) => email.toLowerCase()

/** What a row says of its contact. */
export const contactSaid = ({ fields, ...contact }: ContactUpsert): Upsert => ({
  key: identityOf(contact.email),
  ...contact,
  fields: fields && JSON.stringify(fields),
})

const REFERENCE = { uid: contacts.uid, email: contacts.email }

/** Creates the contacts whose emails are new, if `condition` holds. */
export function createNew({ db, uid }: CustomerScope, json: string, now: number, condition = sql`true`) {
  const rows = sql`SELECT NULL, ${said('uid')}, ${uid}, ${said('email')}, ${said('firstName')}, ${said('lastName')},
    ${said('phone')}, coalesce(${said('fields')}, '{}'), ${now}, ${now}
    FROM json_each(${json}) AS row WHERE ${says('email')} AND ${condition}`
  return db.insert(contacts).select(rows).onConflictDoNothing().returning(REFERENCE)
}

/** Updates the contacts that were there before, if `condition` holds: a new one has the uid that its row proposed. */
export function updateKnown({ db, uid }: CustomerScope, json: string, now: number, condition?: SQL) {
  const ifSaid = (name: keyof Upsert, kept: SQLWrapper) => sql`iif(${says(name)}, ${said(name)}, ${kept})`
  // Left to join by customer and email, SQLite goes through all contacts of the customer for each row.
  const known = sql`(SELECT known.id FROM contacts AS known
    WHERE known.customer_uid = ${uid} AND known.email = ${said('email')} AND known.uid <> ${said('uid')})`
  return db
    .update(contacts)
    .set({
      email: said('email'),
      firstName: ifSaid('firstName', contacts.firstName),
      lastName: ifSaid('lastName', contacts.lastName),
      phone: ifSaid('phone', contacts.phone),
      fields: ifSaid('fields', contacts.fields),
      updatedAt: now,
    })
    .from(sql`json_each(${json}) AS row`)
    .where(and(eq(contacts.id, known), condition))
    .returning(REFERENCE)
}
