import * as z from 'zod'
import { MEMBER_STATUSES } from '../../db/schema/lists.ts'
import { FIELD_TEXT } from '../../errors.ts'
import { email, jsonObject, limitedText, uid } from '../../http/fields/inputs.ts'

/** The optional attributes of a contact; null clears one. */
const attributes = () => ({
  first_name: limitedText(255).nullish().meta({ description: 'The first name; null: none.' }),
  last_name: limitedText(255).nullish().meta({ description: 'The last name; null: none.' }),
  phone: limitedText(50).nullish(),
  fields: jsonObject({ maxBytes: 16 * 1024, maxKeys: 100 })
    .nullish()
    .meta({
      description: 'Attributes of your own: a JSON object of at most 100 keys and 16 KiB; null: none.',
    }),
})

type Attributes = z.output<z.ZodObject<ReturnType<typeof attributes>>>

const wholeOf = ({ first_name, last_name, phone, fields }: Attributes) => ({
  firstName: first_name ?? null,
  lastName: last_name ?? null,
  phone: phone ?? null,
  fields: fields ?? {},
})

/** The body of a whole contact: attributes that are left out are empty. */
export const contactBody = () =>
  z
    .strictObject({ email: email(), ...attributes() })
    .transform(({ email, ...rest }) => ({ email, ...wholeOf(rest) }))

const changesOf = ({ first_name, last_name, phone, fields }: Attributes) => ({
  firstName: first_name,
  lastName: last_name,
  phone,
  fields: fields === null ? {} : fields,
})

/** The body of changes to a contact: attributes that are left out are kept. */
export const contactChangesBody = () =>
  z
    .strictObject({ email: email().optional(), ...attributes() })
    .transform(({ email, ...rest }) => ({ email, ...changesOf(rest) }))

/** The read-only columns of an export: accepted, so that an export can be sent back as it is, and ignored. */
const notSet = () => {
  const passedOver = z.unknown().meta({ description: 'Passed over.' }).optional()
  return { uid: passedOver, created_at: passedOver, updated_at: passedOver }
}

/** Returns the changes of a row, with `fields` as text: parsed values of thousands of rows take far more memory. */
const rowChangesOf = (sent: Attributes) => {
  const { fields, ...changes } = changesOf(sent)
  return { ...changes, fields: fields && JSON.stringify(fields) }
}

/** A row with a contact to create, or the changes to the one with this email. */
export const contactUpsert = () =>
  z
    .strictObject({ email: email(), ...attributes(), ...notSet() })
    .transform(({ email, ...rest }) => ({ email, ...rowChangesOf(rest) }))

export const memberStatus = () => z.enum(MEMBER_STATUSES)

/** Runs a check even if fields are invalid, so that one answer has all errors. */
const always = { when: () => true }

const member = () => {
  const optional = attributes()
  return z
    .strictObject({
      contact_uid: uid().nullish(),
      email: email().nullish().meta({
        description:
          'An email address, compared without regard to case and kept as sent; goes without `contact_uid`.',
      }),
      status: memberStatus().nullish().meta({
        description:
          'The status in the list; null: `subscribed` for a new member, and any other keeps its own.',
      }),
      ...optional,
    })
    .refine((input) => (input.email ?? input.contact_uid ?? null) !== null, {
      ...always,
      path: ['email'],
      error: FIELD_TEXT.blank,
    })
    .superRefine((input, context) => {
      if ((input.contact_uid ?? null) === null) return
      for (const field of ['email', ...Object.keys(optional)] as const) {
        if ((Reflect.get(input, field) ?? null) === null) continue
        context.addIssue({ code: 'custom', path: [field], message: 'goes without contact_uid' })
      }
    })
}

/** The body of a new member: a contact by its uid, or one to create by its email. */
export const memberBody = () =>
  member().transform(({ contact_uid, email, status, ...rest }) => ({
    contactUid: contact_uid ?? undefined,
    contact: { email: email ?? '', ...wholeOf(rest) },
    status: status ?? ('subscribed' as const),
  }))

/** A row with a member. An existing contact or member keeps what is left out. */
export const memberUpsert = () =>
  member()
    .safeExtend(notSet())
    .transform(({ contact_uid, email, status, ...rest }) => ({
      contactUid: contact_uid ?? undefined,
      contact: { email: email ?? '', ...rowChangesOf(rest) },
      status: status ?? undefined,
    }))
