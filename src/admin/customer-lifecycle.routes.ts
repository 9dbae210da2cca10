import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import * as z from 'zod'
import { reachOf } from '../auth/actor.ts'
import type { AdminEnv } from '../auth/identify-admin.ts'
import { requires } from '../auth/requires.ts'
import { name } from '../http/fields.ts'
import { body } from '../http/validation.ts'
import {
  activateCustomer,
  createKeyFor,
  deleteCustomer,
  suspendCustomer,
} from './customer-lifecycle.service.ts'

/** What lets a customer in, keeps it out, or ends it. */
export const customerLifecycleRoutes = new Hono<AdminEnv>()
  .delete(
    '/customers/:uid',
    describeRoute({ summary: 'Delete a customer in 30 days' }),
    requires('customers:manage', 'customer'),
    async (c) => {
      const { db, actor, now } = c.var
      const customer = await deleteCustomer(db, reachOf(actor), c.req.param('uid'), now())
      return c.json({ message: 'Customer deleted successfully', data: customer })
    },
  )
  .post(
    '/customers/:uid/suspend',
    describeRoute({ summary: 'Suspend a customer' }),
    requires('customers:manage', 'customer'),
    async (c) => {
      const { db, actor, now } = c.var
      const customer = await suspendCustomer(db, reachOf(actor), c.req.param('uid'), now())
      return c.json({ message: 'Customer suspended successfully', data: customer })
    },
  )
  .post(
    '/customers/:uid/activate',
    describeRoute({ summary: 'Activate a customer' }),
    requires('customers:manage', 'customer'),
    async (c) => {
      const { db, actor, now } = c.var
      const customer = await activateCustomer(db, reachOf(actor), c.req.param('uid'), now())
      return c.json({ message: 'Customer activated successfully', data: customer })
    },
  )
  .post(
    '/customers/:uid/api_keys',
    describeRoute({ summary: 'Create an API key for a customer' }),
    requires('customers:manage', 'customer'),
    body(z.object({ name: name() })),
    async (c) => {
      const { db, actor, now } = c.var
      const key = await createKeyFor(db, reachOf(actor), c.req.param('uid'), c.req.valid('json').name, now())
      return c.json({ message: 'API key created successfully', data: key }, 201)
    },
  )
