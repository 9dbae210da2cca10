import { and, eq, getTableColumns, ne, notExists, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import * as z from 'zod'
import type { CustomerScope } from '../auth/customer-scope.ts'
import { randomUid } from '../crypto/random.ts'
import { contacts } from '../db/schema/lists.ts'
import { AppError } from '../errors.ts'
import { timestamp } from '../http/envelopes.ts'
import { once } from '../http/once.ts'
import { textValue, timeValue, uidValue } from '../http/schemas.ts'

const {
  firstNameKey: _firstNameKey,
  lastNameKey: _lastNameKey,
  emailDomain: _emailDomain,
  ...storedColumns
} = getTableColumns(contacts)

/** What is read of a contact to show it. */
export const contactColumns = storedColumns

export type ContactRow = Omit<typeof contacts.$inferSelect, 'firstNameKey' | 'lastNameKey' | 'emailDomain'>

/** What a customer may set of a contact. */
export type ContactInput = Pick<ContactRow, 'email' | 'firstName' | 'lastName' | 'phone' | 'fields'>

/** A contact as its customer sees it. */
export const contactObject = once(() =>
  z
    .object({
      uid: uidValue(),
      email: textValue('ada@example.com'),
      first_name: textValue('Ada').nullable(),
      last_name: textValue('Lovelace').nullable(),
      phone: textValue('+44 20 7946 0000').nullable(),
      fields: z.record(z.string(), z.unknown()).meta({ examples: [{ city: 'London' }] }),
      created_at: timeValue(),
      updated_at: timeValue(),
    })
    .meta({ id: 'Contact' }),
)
export type Contact = z.infer<ReturnType<typeof contactObject>>

/** What the answer to a change says of the contact. */
export const contactReference = once(() =>
  contactObject().pick({ uid: true, email: true }).meta({ id: 'ContactReference' }),
)
export type ContactReference = z.infer<ReturnType<typeof contactReference>>

/** @throws AppError contact_unknown */
export async function getContact(scope: CustomerScope, contactUid: string): Promise<Contact> {
  const [rows] = await scope.read([
    scope.db.select(contactColumns).from(contacts).where(ownContact(scope, contactUid)),
  ])
  return presentContact(foundContact(rows))
}

/** @throws AppError contact_exists if the customer has a contact with this email */
export async function createContact(
  scope: CustomerScope,
  input: ContactInput,
  now: number,
): Promise<ContactReference> {
  const { db, uid } = scope
  const row = { ...input, uid: randomUid(), customerUid: uid, createdAt: now, updatedAt: now }
  const [created, [existing]] = await db.batch([
    db.insert(contacts).values(row).onConflictDoNothing().returning(REFERENCE),
    db.select(REFERENCE).from(contacts).where(withEmail(scope, input.email)),
  ])
  return created[0] ?? conflict(existing)
}

/**
 * Changes what is given.
 * @throws AppError contact_unknown, contact_exists if another contact has this email
 */
export async function updateContact(
  scope: CustomerScope,
  contactUid: string,
  input: Partial<ContactInput>,
  now: number,
): Promise<ContactReference> {
  const { db } = scope
  const others = alias(contacts, 'others')
  // An email that is not given is null here, and no contact has that.
  const email = input.email ?? null
  const withSameEmail = db
    .select({ uid: others.uid, email: others.email })
    .from(others)
    .where(
      and(eq(others.customerUid, scope.uid), sql`${others.email} = ${email}`, ne(others.uid, contactUid)),
    )
  const [own, [other], updated] = await db.batch([
    db.select(REFERENCE).from(contacts).where(ownContact(scope, contactUid)),
    withSameEmail,
    db
      .update(contacts)
      .set({ ...input, updatedAt: now })
      .where(and(ownContact(scope, contactUid), notExists(withSameEmail)))
      .returning(REFERENCE),
  ])
  foundContact(own)
  return updated[0] ?? conflict(other)
}

/** Deletes a contact and takes it out of all its lists. @throws AppError contact_unknown */
export async function deleteContact(scope: CustomerScope, contactUid: string): Promise<ContactReference> {
  return foundContact(
    await scope.db.delete(contacts).where(ownContact(scope, contactUid)).returning(REFERENCE),
  )
}

const REFERENCE = { uid: contacts.uid, email: contacts.email }

/** The contact of this uid, if it is the customer's. */
export const ownContact = ({ uid }: CustomerScope, contactUid: string) =>
  and(eq(contacts.customerUid, uid), eq(contacts.uid, contactUid))

/** The customer's contact with this email. */
export const withEmail = ({ uid }: CustomerScope, email: string) =>
  and(eq(contacts.customerUid, uid), eq(contacts.email, email))

/** @throws AppError contact_unknown if there is no row */
export function foundContact<Found>([row]: Found[]): Found {
  if (!row) throw new AppError('contact_unknown')
  return row
}

function conflict(existing: ContactReference | undefined): never {
  throw new AppError('contact_exists', { details: existing && { contact: { uid: existing.uid } } })
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
