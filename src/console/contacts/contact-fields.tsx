import { Refusal } from '../api/refusal.ts'
import type { Contact } from '../api/types.ts'
import { Field, type Filled } from '../parts/form.tsx'
import type { Column } from '../parts/table.tsx'

/** Who it is, as a column of a table. */
export const PERSON_COLUMN: Column<Pick<Contact, 'email' | 'first_name' | 'last_name'>> = {
  head: 'Email',
  names: true,
  cell: ({ email, first_name, last_name }) => (
    <>
      {email}
      <span class="below">{[first_name, last_name].filter(Boolean).join(' ')}</span>
    </>
  ),
}

/** What is known of a contact, to fill in. */
export const ContactFields = ({ contact }: { contact?: Contact }) => (
  <>
    <Field label="Email" name="email" type="email" value={contact?.email} required autofocus />
    <div class="columns">
      <Field label="First name" name="first_name" value={contact?.first_name} />
      <Field label="Last name" name="last_name" value={contact?.last_name} />
    </div>
    <Field label="Telephone" name="phone" type="tel" value={contact?.phone} />
    <Field
      label="Other fields"
      name="fields"
      lines={3}
      value={contact && Object.keys(contact.fields).length > 0 ? JSON.stringify(contact.fields, null, 2) : ''}
      hint='As JSON, such as {"plan": "gold"}'
    />
  </>
)

/** Returns the contact that was filled in. @throws Refusal if the other fields are no JSON object */
export const contactOf = ({ text, textOrNull }: Filled) => ({
  email: text('email'),
  first_name: textOrNull('first_name'),
  last_name: textOrNull('last_name'),
  phone: textOrNull('phone'),
  fields: objectOf(text('fields')),
})

function objectOf(text: string): Record<string, unknown> {
  if (!text.trim()) return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {}
  throw new Refusal(0, {
    code: 'invalid',
    message: 'The contact was not sent',
    errors: { fields: ['are no JSON object'] },
  })
}
