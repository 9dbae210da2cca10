import * as z from 'zod'
import { COMPANY_FIELDS, type Company } from '../../db/schema/customers.ts'
import { email, name, nullableText, timezone } from '../../http/fields/inputs.ts'

const company = () =>
  z.strictObject({
    name: nullableText(255).optional(),
    address: nullableText(255).optional(),
    city: nullableText(255).optional(),
    state: nullableText(255).optional(),
    zip: nullableText(255).optional(),
    country: nullableText(255).optional(),
    phone: nullableText(255).optional(),
    website: nullableText(255).optional(),
  } satisfies Record<(typeof COMPANY_FIELDS)[number], unknown>)

const NO_COMPANY: Company = Object.fromEntries(COMPANY_FIELDS.map((field) => [field, null]))

const fields = () => ({
  email: email(),
  first_name: name(),
  last_name: name(),
  timezone: timezone(),
  group: nullableText(255),
  company: company().nullable(),
})

/** A whole customer: properties that are left out are reset. */
export const customerBody = () =>
  z
    .strictObject({
      ...fields(),
      timezone: fields().timezone.default('UTC'),
      group: fields().group.optional(),
      company: fields().company.optional(),
    })
    .transform((input) => ({
      email: input.email,
      firstName: input.first_name,
      lastName: input.last_name,
      timezone: input.timezone,
      group: input.group ?? null,
      company: input.company ? { ...NO_COMPANY, ...input.company } : null,
    }))

/** Changes to a customer: properties that are left out are kept. */
export const customerChangesBody = () =>
  z
    .strictObject(fields())
    .partial()
    .transform(({ first_name: firstName, last_name: lastName, ...rest }) => ({
      ...rest,
      firstName,
      lastName,
    }))
