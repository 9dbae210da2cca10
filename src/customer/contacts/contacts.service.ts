import { and, eq, getTableColumns, ne, notExists, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import * as z from 'zod'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { once } from '../../base/once.ts'
import { randomUid } from '../../crypto/random.ts'
import { type Bindable, type PlacesOf, prepared } from '../../db/prepared.ts'
import { contacts } from '../../db/schema/lists.ts'
import { AppError, orUnknown } from '../../errors.ts'
import { timestamp } from '../../http/envelopes.ts'
import { textValue, timeValue, uidValue } from '../../http/fields/values.ts'

const {
  firstNameKey: _firstNameKey,
  lastNameKey: _lastNameKey,
  emailDomain: _emailDomain,
  ...storedColumns
} = getTableColumns(contacts)

/** The stored columns of a contact, without the generated ones. */
export const contactColumns = storedColumns

export type ContactRow = Omit<typeof contacts.$inferSelect, 'firstNameKey' | 'lastNameKey' | 'emailDomain'>

/** The writable properties of a contact. */
export type ContactInput = Pick<ContactRow, 'email' | 'firstName' | 'lastName' | 'phone' | 'fields'>

/** A contact as its customer sees it. */
export const contactObject = once(() =>
  z
    .object({
      uid: uidValue(),
      email: textValue('ada@example.com'),
      first_name: textValue('Ada').nullable().meta({ description: 'The first name; null: none.' }),
      last_name: textValue('Lovelace').nullable().meta({ description: 'The last name; null: none.' }),
      phone: textValue('+44 20 7946 0000').nullable(),
      fields: z.record(z.string(), z.unknown()).meta({ examples: [{ city: 'London' }] }),
      created_at: timeValue(),
      updated_at: timeValue(),
    })
    .meta({ id: 'Contact' }),
)
export type Contact = z.infer<ReturnType<typeof contactObject>>

/** @throws AppError contact_unknown */
export async function getContact(scope: CustomerScope, contactUid: string): Promise<Contact> {
  const { contact } = await scope.read({ contact: selectContact(scope, contactUid) })
  return presentContact(orUnknown(contact[0], 'contact_unknown'))
}

type NewRow = ContactInput & Pick<ContactRow, 'uid' | 'customerUid' | 'createdAt' | 'updatedAt'>

const insertContact = prepared((db, row: PlacesOf<NewRow>) =>
  db.insert(contacts).values(row).onConflictDoNothing(),
)

/** Selects the contact with the email of one that was inserted, unless it was there before. */
const selectInserted = prepared((db, row: PlacesOf<Pick<NewRow, 'customerUid' | 'email' | 'uid'>>) =>
  db
    .select({ ...contactColumns, isNew: sql<number>`${contacts.uid} = ${row.uid}`.as('is_new') })
    .from(contacts)
    .where(withEmail({ uid: row.customerUid }, row.email)),
)

/** @throws AppError contact_exists if the customer has a contact with this email */
export async function createContact(
  scope: CustomerScope,
  input: ContactInput,
  now: number,
): Promise<Contact> {
  const { db, uid } = scope
  const row = { ...input, uid: randomUid(), customerUid: uid, createdAt: now, updatedAt: now }
  const { contact } = await scope.write({
    statements: [insertContact(db, row)],
    after: { contact: selectInserted(db, { customerUid: uid, email: input.email, uid: row.uid }) },
  })
  const found = orUnknown(contact[0], 'contact_unknown')
  return found.isNew ? presentContact(found) : conflict(found)
}

/**
 * Changes the given properties.
 * @throws AppError contact_unknown, contact_exists if another contact has this email
 */
export async function updateContact(
  scope: CustomerScope,
  contactUid: string,
  input: Partial<ContactInput>,
  now: number,
): Promise<Contact> {
  const { db } = scope
  const others = alias(contacts, 'others')
  // An email that is not given is null here, and no contact has that.
  const email = input.email ?? null
  const withSameEmail = db
    .select({ uid: others.uid })
    .from(others)
    .where(
      and(eq(others.customerUid, scope.uid), sql`${others.email} = ${email}`, ne(others.uid, contactUid)),
    )
  const {
    contact,
    other: [other],
  } = await scope.write({
    statements: [
      db
        .update(contacts)
        .set({ ...input, updatedAt: now })
        .where(and(ownContact(scope, contactUid), notExists(withSameEmail))),
    ],
    after: { contact: selectContact(scope, contactUid), other: withSameEmail },
  })
  const found = orUnknown(contact[0], 'contact_unknown')
  return other ? conflict(other) : presentContact(found)
}

/** Deletes a contact and its memberships. Returns it as it was. @throws AppError contact_unknown */
export async function deleteContact(scope: CustomerScope, contactUid: string): Promise<Contact> {
  const { deleted } = await scope.write({
    before: { deleted: selectContact(scope, contactUid) },
    statements: [scope.db.delete(contacts).where(ownContact(scope, contactUid))],
  })
  return presentContact(orUnknown(deleted[0], 'contact_unknown'))
}

const selectContact = (scope: CustomerScope, contactUid: string) =>
  scope.db.select(contactColumns).from(contacts).where(ownContact(scope, contactUid))

/** The condition for a contact of the customer, by its uid. */
export const ownContact = ({ uid }: CustomerScope, contactUid: string) =>
  and(eq(contacts.customerUid, uid), eq(contacts.uid, contactUid))

/** The condition for a contact of the customer, by its email. */
export const withEmail = ({ uid }: { uid: Bindable<string> }, email: Bindable<string>) =>
  and(eq(contacts.customerUid, uid), eq(contacts.email, email))

function conflict({ uid }: Pick<ContactRow, 'uid'>): never {
  throw new AppError('contact_exists', { details: { contact: { uid } } })
}

export const presentContact = ({
  uid,
  email,
  firstName,
  lastName,
  phone,
  fields,
  createdAt,
  updatedAt,
}: ContactRow): Contact => ({
  uid,
  email,
  first_name: firstName,
  last_name: lastName,
  phone,
  fields,
  created_at: timestamp(createdAt),
  updated_at: timestamp(updatedAt),
})
