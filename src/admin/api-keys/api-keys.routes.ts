import { Hono } from 'hono'
import { setChanges } from '../../audit/recording/changes.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { ownerToList } from '../../auth/reach.ts'
import { requires, requiresToChange } from '../../auth/requires.ts'
import { describing, type Part } from '../../http/annotations.ts'
import { adminAnswer, adminPage } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { digits, graceBody } from '../../http/fields/inputs.ts'
import { pageQuery } from '../../http/pagination.ts'
import { storesOf } from '../../http/stores.ts'
import { body, query } from '../../http/validation.ts'
import { apiKeyBody } from './api-key-input.ts'
import {
  apiKeyObject,
  getApiKey,
  listApiKeys,
  newApiKeyObject,
  revokeApiKey,
} from './api-key-records.service.ts'
import { createApiKey, rollApiKey } from './api-keys.service.ts'

const apiKeysQuery = () =>
  pageQuery().extend({
    admin_id: digits().optional(),
  })

const API_KEY_CREATED = adminAnswer(201, 'API key created successfully', newApiKeyObject)
const API_KEYS_RETRIEVED = adminPage('API keys retrieved successfully', apiKeyObject)
const API_KEY_RETRIEVED = adminAnswer(200, 'API key retrieved successfully', apiKeyObject)
const API_KEY_ROLLED = adminAnswer(200, 'API key rolled successfully', newApiKeyObject)
const API_KEY_REVOKED = adminAnswer(200, 'API key revoked successfully', apiKeyObject)

const ADMIN_API_KEYS = {
  name: 'Admin API keys',
  description: 'Keys with which the scripts of an admin act for customers.',
  parameters: {
    id: { description: 'The id of an admin API key.', examples: ['key_4fJq0ZkPz7Xn2wB9sVtYcD'] },
  },
} satisfies Part

const describes = describing(ADMIN_API_KEYS)

/** `/admin/api_keys`: keys with which an admin's scripts act for customers. */
export const apiKeysRoutes = new Hono<AdminEnv>()
  .post(
    '/api_keys',
    describes(() => ({
      id: 'createAdminApiKey',
      summary: 'Create an API key',
      description:
        'Makes a key with which a script of yours acts for customers. What is left out does not limit it, but for `customers:keys`, which has to be asked for.',
      answers: [API_KEY_CREATED],
    })),
    requiresToChange('api_keys:create'),
    body(apiKeyBody),
    async (c) => {
      const apiKey = await createApiKey(storesOf(c), c.var.actor, c.req.valid('json'), c.var.now())
      setTarget(c.var.facts, 'api_key', apiKey.id)
      setChanges(c.var.facts, 'api_key', { before: null, after: apiKey })
      return API_KEY_CREATED.of(c, apiKey)
    },
  )
  .get(
    '/api_keys',
    describes(() => ({
      id: 'listAdminApiKeys',
      summary: 'List API keys',
      description: 'Returns your keys by age, revoked ones too; a super_admin gets those of everyone.',
      answers: [API_KEYS_RETRIEVED],
    })),
    requires('api_keys:oversee'),
    query(apiKeysQuery),
    async (c) => {
      const { admin_id: adminId, ...page } = c.req.valid('query')
      const { db, reach } = c.var
      const found = await listApiKeys(db, ownerToList(reach, adminId), page)
      return API_KEYS_RETRIEVED.of(c, found)
    },
  )
  .get(
    '/api_keys/:id',
    describes(() => ({
      id: 'getAdminApiKey',
      summary: 'Get an API key',
      description: 'Returns a key of yours; a super_admin gets any.',
      answers: [API_KEY_RETRIEVED],
      errors: ['api_key_unknown'],
    })),
    requires('api_keys:oversee'),
    async (c) => {
      const apiKey = await getApiKey(c.var.db, c.var.reach, c.req.param('id'))
      return API_KEY_RETRIEVED.of(c, apiKey)
    },
  )
  .post(
    '/api_keys/:id/roll',
    describes(() => ({
      id: 'rollAdminApiKey',
      summary: 'Roll an API key',
      description: 'Gives a key of yours a new secret. The one before works until the grace is over.',
      answers: [API_KEY_ROLLED],
      errors: ['api_key_unknown', 'api_key_inactive'],
    })),
    requiresToChange('api_keys:roll'),
    body(graceBody),
    async (c) => {
      const { actor, reach, now } = c.var
      const { grace_seconds: grace } = c.req.valid('json')
      const change = await rollApiKey(storesOf(c), { actor, reach }, c.req.param('id'), grace, now())
      setChanges(c.var.facts, 'api_key', change)
      return API_KEY_ROLLED.of(c, change.after)
    },
  )
  .delete(
    '/api_keys/:id',
    describes(() => ({
      id: 'revokeAdminApiKey',
      summary: 'Revoke an API key',
      description:
        'Refuses a key of yours from the next request on; a super_admin may revoke any. Doing it twice changes nothing.',
      answers: [API_KEY_REVOKED],
      errors: ['api_key_unknown'],
    })),
    requiresToChange('api_keys:oversee'),
    async (c) => {
      const { reach, now } = c.var
      const change = await revokeApiKey(storesOf(c), reach, c.req.param('id'), now())
      setChanges(c.var.facts, 'api_key', change)
      return API_KEY_REVOKED.of(c, change.after)
    },
  )
