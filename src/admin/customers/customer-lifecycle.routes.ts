import { Hono } from 'hono'
import * as z from 'zod'
import { setChanges } from '../../audit/recording/changes.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { requiresToChange } from '../../auth/requires.ts'
import { once } from '../../base/once.ts'
import { describing } from '../../http/annotations.ts'
import { adminAnswer } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { name } from '../../http/fields/inputs.ts'
import { textValue } from '../../http/fields/values.ts'
import { body } from '../../http/validation.ts'
import { createKeyFor } from './customer-keys.service.ts'
import { activateCustomer, deleteCustomer, suspendCustomer } from './customer-lifecycle.service.ts'
import { CUSTOMERS } from './customers.routes.ts'
import { customerObject } from './customers.service.ts'

const customerKeyObject = once(() =>
  z
    .object({
      id: textValue('key_4fJq0ZkPz7Xn2wB9sVtYcD'),
      name: textValue('Website'),
      key: textValue('stw_customer_...'),
    })
    .meta({ id: 'NewCustomerApiKey' }),
)

const CUSTOMER_DELETED = adminAnswer(200, 'Customer deleted successfully', customerObject)
const CUSTOMER_SUSPENDED = adminAnswer(200, 'Customer suspended successfully', customerObject)
const CUSTOMER_ACTIVATED = adminAnswer(200, 'Customer activated successfully', customerObject)
const API_KEY_CREATED = adminAnswer(201, 'API key created successfully', customerKeyObject)

const describes = describing(CUSTOMERS)

/** `/admin/customers/:uid/...`: suspension, activation, deletion, and keys of a customer. */
export const customerLifecycleRoutes = new Hono<AdminEnv>()
  .delete(
    '/customers/:uid',
    describes(() => ({
      id: 'deleteCustomer',
      summary: 'Delete a customer in 30 days',
      description:
        'Keeps it out at once and has all that it has purged after 30 days, unless it is activated before.',
      answers: [CUSTOMER_DELETED],
      errors: ['customer_unknown'],
    })),
    requiresToChange('customers:manage'),
    async (c) => {
      const { db, reach, now } = c.var
      const change = await deleteCustomer(db, reach, c.req.param('uid'), now())
      setChanges(c.var.facts, 'customer', change)
      return CUSTOMER_DELETED.of(c, change.after)
    },
  )
  .post(
    '/customers/:uid/suspend',
    describes(() => ({
      id: 'suspendCustomer',
      summary: 'Suspend a customer',
      description: 'Keeps the customer, and everyone who acts for it, out until it is activated.',
      answers: [CUSTOMER_SUSPENDED],
      errors: ['customer_unknown', 'customer_pending_delete'],
    })),
    requiresToChange('customers:manage'),
    async (c) => {
      const { db, reach, now } = c.var
      const change = await suspendCustomer(db, reach, c.req.param('uid'), now())
      setChanges(c.var.facts, 'customer', change)
      return CUSTOMER_SUSPENDED.of(c, change.after)
    },
  )
  .post(
    '/customers/:uid/activate',
    describes(() => ({
      id: 'activateCustomer',
      summary: 'Activate a customer',
      description: 'Lets the customer in again, also one that is to be deleted.',
      answers: [CUSTOMER_ACTIVATED],
      errors: ['customer_unknown', 'customer_pending_delete'],
    })),
    requiresToChange('customers:manage'),
    async (c) => {
      const { db, reach, now } = c.var
      const change = await activateCustomer(db, reach, c.req.param('uid'), now())
      setChanges(c.var.facts, 'customer', change)
      return CUSTOMER_ACTIVATED.of(c, change.after)
    },
  )
  .post(
    '/customers/:uid/api_keys',
    describes(() => ({
      id: 'createCustomerApiKey',
      summary: 'Create an API key for a customer',
      description:
        'The customer sees that staff made it. It ends with the account of who made it, with a role that may not make any, and with the API key that it was made with, if any.',
      answers: [API_KEY_CREATED],
      errors: ['customer_unknown', 'customer_pending_delete'],
    })),
    requiresToChange('customers:keys'),
    body(() => z.strictObject({ name: name() })),
    async (c) => {
      const { db, actor, reach, now } = c.var
      const { name } = c.req.valid('json')
      const key = await createKeyFor(db, { actor, reach, uid: c.req.param('uid'), name, now: now() })
      setTarget(c.var.facts, 'api_key', key.id)
      setChanges(c.var.facts, 'api_key', { before: null, after: key })
      return API_KEY_CREATED.of(c, key)
    },
  )
