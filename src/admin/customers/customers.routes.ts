import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { setChanges } from '../../audit/recording/changes.ts'
import type { AdminEnv } from '../../auth/callers/identify-admin.ts'
import { type ActorEnv, requires } from '../../auth/requires.ts'
import { COMPANY_FIELDS, type Company, CUSTOMER_STATUSES } from '../../db/schema/customers.ts'
import { describing, type Part } from '../../http/annotations.ts'
import { adminAnswer, adminPage } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { email, name, nullableText, text, timezone } from '../../http/fields/inputs.ts'
import { pageQuery } from '../../http/pagination.ts'
import { body, query } from '../../http/validation.ts'
import {
  type CustomerInput,
  createCustomer,
  customerObject,
  getCustomer,
  listCustomers,
  updateCustomer,
} from './customers.service.ts'

const customersQuery = () =>
  pageQuery().extend({
    search: text().min(1).optional(),
    status: z.enum(CUSTOMER_STATUSES).optional(),
  })

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
const customerBody = () =>
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
const customerChangesBody = () =>
  z
    .strictObject(fields())
    .partial()
    .transform(({ first_name: firstName, last_name: lastName, ...rest }) => ({
      ...rest,
      firstName,
      lastName,
    }))

const CUSTOMERS_RETRIEVED = adminPage('Customers retrieved successfully', customerObject)
const CUSTOMER_CREATED = adminAnswer(201, 'Customer created successfully', customerObject)
const CUSTOMER_RETRIEVED = adminAnswer(200, 'Customer retrieved successfully', customerObject)
const CUSTOMER_UPDATED = adminAnswer(200, 'Customer updated successfully', customerObject)

export const CUSTOMERS = {
  name: 'Customers',
  description: 'The customers, as staff manage them.',
  parameters: { uid: { description: 'The uid of a customer.', examples: ['xj35478ymfe15'] } },
} satisfies Part

const describes = describing(CUSTOMERS)

/** `/admin/customers`: the customers. */
export const customersRoutes = new Hono<AdminEnv>()
  .get(
    '/customers',
    describes(() => ({
      id: 'listCustomers',
      summary: 'List customers',
      description:
        '`search` finds the start of an email, a first, last or company name (ASCII letters in any case), a whole domain as `@acme.example`, and a whole uid.',
      answers: [CUSTOMERS_RETRIEVED],
    })),
    requires('customers:read'),
    query(customersQuery),
    async (c) => {
      const { search, status, ...page } = c.req.valid('query')
      const found = await listCustomers(c.var.db, c.var.reach, { search, status }, page)
      return CUSTOMERS_RETRIEVED.of(c, found)
    },
  )
  .post(
    '/customers',
    describes(() => ({
      id: 'createCustomer',
      summary: 'Create a customer',
      description: 'Makes an active customer, without keys. What is left out is set to nothing.',
      answers: [CUSTOMER_CREATED],
    })),
    requires('customers:create'),
    body(customerBody),
    async (c) => {
      const customer = await createCustomer(c.var.db, c.req.valid('json'), c.var.now())
      setTarget(c.var.facts, 'customer', customer.customer_uid)
      setChanges(c.var.facts, 'customer', { before: null, after: customer })
      return CUSTOMER_CREATED.of(c, customer)
    },
  )
  .get(
    '/customers/:uid',
    describes(() => ({
      id: 'getCustomer',
      summary: 'Get a customer',
      description: 'Returns a customer. The look is on record.',
      answers: [CUSTOMER_RETRIEVED],
      errors: ['customer_unknown'],
    })),
    requires('customers:read'),
    async (c) => {
      const customer = await getCustomer(c.var.db, c.var.reach, c.req.param('uid'))
      return CUSTOMER_RETRIEVED.of(c, customer)
    },
  )
  .put(
    '/customers/:uid',
    describes(() => ({
      id: 'replaceCustomer',
      summary: 'Replace what is known of a customer',
      description:
        'Sets all that may be set; what is left out is set to nothing. The state changes by suspend, activate and DELETE.',
      answers: [CUSTOMER_UPDATED],
      errors: ['customer_unknown'],
    })),
    requires('customers:manage'),
    body(customerBody),
    (c) => answerUpdated(c, c.req.param('uid'), c.req.valid('json')),
  )
  .patch(
    '/customers/:uid',
    describes(() => ({
      id: 'updateCustomer',
      summary: 'Change what is known of a customer',
      description: 'Sets what is sent, of a company the parts that are sent.',
      answers: [CUSTOMER_UPDATED],
      errors: ['customer_unknown'],
    })),
    requires('customers:manage'),
    body(customerChangesBody),
    (c) => answerUpdated(c, c.req.param('uid'), c.req.valid('json')),
  )

async function answerUpdated(c: Context<ActorEnv>, uid: string, input: Partial<CustomerInput>) {
  const { db, reach, now } = c.var
  const change = await updateCustomer(db, reach, uid, input, now())
  setChanges(c.var.facts, 'customer', change)
  return CUSTOMER_UPDATED.of(c, change.after)
}
