import { and, count, eq, ne, notExists, sql } from 'drizzle-orm'
import type { CustomerScope } from '../auth/customer-access.ts'
import { randomUid } from '../crypto/random.ts'
import { past, startsWith } from '../db/keyset.ts'
import { contacts, customers } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { timestamp } from '../http/envelopes.ts'
import { type Page, type PageRequest, pageOf } from '../http/pagination.ts'

type Row = typeof contacts.$inferSelect

/** What a customer may set of a contact. */
export type ContactInput = Pick<Row, 'email' | 'firstName' | 'lastName' | 'phone' | 'fields'>

/** What the answer to a change says of the contact. */
export type ContactReference = Pick<Row, 'uid' | 'email'>

export interface ContactFilter {
  /** The whole email, in any case. */
  email?: string | undefined
  /** How the email begins. */
  search?: string | undefined
}

/** The contacts of a customer by age, or those that match the filter by email. */
export async function listContacts(
  scope: CustomerScope,
  { email, search }: ContactFilter,
  page: PageRequest,
): Promise<Page<Contact>> {
  const { db, uid } = scope
  const filtered = email !== undefined || search !== undefined
  const order = filtered ? [contacts.email, contacts.id] : [contacts.id]
  const matching = and(
    eq(contacts.customerUid, uid),
    email === undefined ? undefined : eq(contacts.email, email),
    search === undefined ? undefined : startsWith(contacts.email, search),
  )
  const [rows, [totals]] = await scope.read([
    db
      .select()
      .from(contacts)
      .where(and(matching, past(order, page)))
      .orderBy(...order)
      .limit(page.perPage + 1)
      .offset(page.offset),
    filtered
      ? db.select({ total: count() }).from(contacts).where(matching)
      : db.select({ total: customers.contactsCount }).from(customers).where(eq(customers.uid, uid)),
  ])
  const position = (row: Row) => (filtered ? [row.email, row.id] : [row.id])
  return pageOf(rows, totals?.total ?? 0, page, position, presentContact)
}

/** @throws AppError contact_unknown */
export async function getContact(scope: CustomerScope, contactUid: string): Promise<Contact> {
  const [rows] = await scope.read([scope.db.select().from(contacts).where(ownContact(scope, contactUid))])
  return presentContact(found(rows))
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

/** @throws AppError contact_unknown, contact_exists if another contact has this email */
export async function updateContact(
  scope: CustomerScope,
  contactUid: string,
  input: ContactInput,
  now: number,
): Promise<ContactReference> {
  const { db } = scope
  const others = db
    .select(REFERENCE)
    .from(contacts)
    .where(and(withEmail(scope, input.email), ne(contacts.uid, contactUid)))
  const [own, [other], updated] = await db.batch([
    db.select(REFERENCE).from(contacts).where(ownContact(scope, contactUid)),
    others,
    db
      .update(contacts)
      .set({ ...input, updatedAt: now })
      .where(
        and(
          ownContact(scope, contactUid),
          notExists(sql`(SELECT 1 FROM contacts AS other
        WHERE other.customer_uid = ${scope.uid} AND other.email = ${input.email} AND other.uid <> ${contactUid})`),
        ),
      )
      .returning(REFERENCE),
  ])
  found(own)
  return updated[0] ?? conflict(other)
}

/** @throws AppError contact_unknown */
export async function deleteContact(scope: CustomerScope, contactUid: string): Promise<ContactReference> {
  return found(await scope.db.delete(contacts).where(ownContact(scope, contactUid)).returning(REFERENCE))
}

const REFERENCE = { uid: contacts.uid, email: contacts.email }

const ownContact = ({ uid }: CustomerScope, contactUid: string) =>
  and(eq(contacts.customerUid, uid), eq(contacts.uid, contactUid))

const withEmail = ({ uid }: CustomerScope, email: string) =>
  and(eq(contacts.customerUid, uid), eq(contacts.email, email))

function found<Found>([row]: Found[]): Found {
  if (!row) throw new AppError('contact_unknown')
  return row
}

function conflict(existing: ContactReference | undefined): never {
  throw new AppError('contact_exists', { details: existing && { contact: { uid: existing.uid } } })
}

const presentContact = ({ uid, email, firstName, lastName, phone, fields, createdAt, updatedAt }: Row) => ({
  uid,
  email,
  first_name: firstName,
  last_name: lastName,
  phone,
  fields,
  created_at: timestamp(createdAt),
  updated_at: timestamp(updatedAt),
})

/** A contact as its customer sees it. */
export type Contact = ReturnType<typeof presentContact>
