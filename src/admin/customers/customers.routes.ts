import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { setChanges } from '../../audit/recording/changes.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { type ActorEnv, requires, requiresToChange } from '../../auth/requires.ts'
import { CUSTOMER_STATUSES } from '../../db/schema/customers.ts'
import { describing, type Part } from '../../http/annotations.ts'
import { adminAnswer, adminPage } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { text } from '../../http/fields/inputs.ts'
import { pageQuery } from '../../http/pagination.ts'
import { body, query } from '../../http/validation.ts'
import { customerBody, customerChangesBody } from './customer-input.ts'
import { listCustomers } from './customer-listing.service.ts'
import {
  type CustomerInput,
  createCustomer,
  customerObject,
  getCustomer,
  updateCustomer,
} from './customers.service.ts'

const customersQuery = () =>
  pageQuery().extend({
    search: text().min(1).optional(),
    status: z.enum(CUSTOMER_STATUSES).optional(),
  })

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
    requiresToChange('customers:create'),
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
    requiresToChange('customers:manage'),
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
    requiresToChange('customers:manage'),
    body(customerChangesBody),
    (c) => answerUpdated(c, c.req.param('uid'), c.req.valid('json')),
  )

async function answerUpdated(c: Context<ActorEnv>, uid: string, input: Partial<CustomerInput>) {
  const { db, reach, now } = c.var
  const change = await updateCustomer(db, reach, uid, input, now())
  setChanges(c.var.facts, 'customer', change)
  return CUSTOMER_UPDATED.of(c, change.after)
}
