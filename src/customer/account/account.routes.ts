import { Hono } from 'hono'
import * as z from 'zod'
import { type CustomerEnv, requiresCustomer } from '../../auth/requires-customer.ts'
import { describing, type Part } from '../../http/annotations.ts'
import { customerAnswer, customerChange, customerPage } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { name } from '../../http/fields/inputs.ts'
import { pageQuery } from '../../http/pagination.ts'
import { storesOf } from '../../http/stores.ts'
import { body, query } from '../../http/validation.ts'
import { accountObject, getAccount } from './account.service.ts'
import { customerKeyObject, listCustomerKeys, newCustomerKeyObject } from './api-key-records.service.ts'
import { createCustomerKey, revokeCustomerKey } from './api-keys.service.ts'

const SHOWN = customerAnswer(() => ({ account: accountObject() }))
const PAGE = customerPage('api_keys', customerKeyObject)
const API_KEY_CREATED = customerChange(201, 'API key created successfully', () => ({
  api_key: newCustomerKeyObject(),
}))
const API_KEY_REVOKED = customerChange(200, 'API key revoked successfully', () => ({
  api_key: customerKeyObject(),
}))

export const ACCOUNT = {
  name: 'Account',
  description: 'The customer itself: its account, its API keys, and what staff did on its behalf.',
  parameters: { id: { description: 'The id of a key of the own.' } },
} satisfies Part

const describes = describing(ACCOUNT)

/** `/account` and `/api_keys`: the customer and its keys. */
export const accountRoutes = new Hono<CustomerEnv>()
  .get(
    '/account',
    describes(() => ({
      id: 'getAccount',
      summary: 'Get the own account',
      description: 'Returns the customer that the call is made for.',
      answers: [SHOWN],
    })),
    requiresCustomer(),
    async (c) => SHOWN.of(c, { account: await getAccount(c.var.customer) }),
  )
  .get(
    '/api_keys',
    describes(() => ({
      id: 'listApiKeys',
      summary: 'List the own API keys',
      description: 'Returns the keys of the customer by age, revoked ones too.',
      answers: [PAGE],
    })),
    requiresCustomer(),
    query(pageQuery),
    async (c) => {
      const page = c.req.valid('query')
      const found = await listCustomerKeys(c.var.customer, storesOf(c), page)
      return PAGE.of(c, found)
    },
  )
  .post(
    '/api_keys',
    describes(() => ({
      id: 'createApiKey',
      summary: 'Create an API key',
      description:
        'The key in clear is in this answer and nowhere else: a repetition with the same `Idempotency-Key` gives the id of the key, to revoke it by.',
      answers: [API_KEY_CREATED],
      errors: ['idempotency_secret_gone'],
    })),
    requiresCustomer({ ownKeyOnly: true }),
    body(() => z.strictObject({ name: name() })),
    async (c) => {
      const { customer, now } = c.var
      const { name } = c.req.valid('json')
      const key = await createCustomerKey(customer, storesOf(c), name, now())
      setTarget(c.var.facts, 'api_key', key.id)
      return API_KEY_CREATED.of(c, { api_key: key })
    },
  )
  .delete(
    '/api_keys/:id',
    describes(() => ({
      id: 'revokeApiKey',
      summary: 'Revoke an API key',
      description:
        'Refused from the next request on; also the key that this call is made with, and the last one.',
      answers: [API_KEY_REVOKED],
      errors: ['api_key_unknown'],
    })),
    requiresCustomer({ target: 'api_key', ownKeyOnly: true }),
    async (c) => {
      const { customer, now } = c.var
      const key = await revokeCustomerKey(customer, storesOf(c), c.req.param('id'), now())
      return API_KEY_REVOKED.of(c, { api_key: key })
    },
  )
