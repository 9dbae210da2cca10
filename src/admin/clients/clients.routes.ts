import { Hono } from 'hono'
import * as z from 'zod'
import { setChanges } from '../../audit/recording/changes.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { requiresToChange, requiresToRead } from '../../auth/requires.ts'
import { describing, type Part } from '../../http/annotations.ts'
import { adminAnswer, adminPage } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { flag, graceBody, name } from '../../http/fields/inputs.ts'
import { pageQuery } from '../../http/pagination.ts'
import { storesOf } from '../../http/stores.ts'
import { body, query } from '../../http/validation.ts'
import { clientObject, listClients, newClientObject } from './client-records.service.ts'
import { changeClient, createClient, disableClient, enableClient, rotateClient } from './clients.service.ts'

const clientBody = () => z.strictObject({ name: name(), require_bound_signatures: flag().optional() })
const clientChangesBody = () => clientBody().partial()

const CLIENT_CREATED = adminAnswer(201, 'Client created successfully', newClientObject)
const CLIENTS_RETRIEVED = adminPage('Clients retrieved successfully', clientObject)
const CLIENT_UPDATED = adminAnswer(200, 'Client updated successfully', clientObject)
const CLIENT_ROTATED = adminAnswer(200, 'Client rotated successfully', newClientObject)
const CLIENT_DISABLED = adminAnswer(200, 'Client disabled successfully', clientObject)
const CLIENT_ENABLED = adminAnswer(200, 'Client enabled successfully', clientObject)

const CLIENTS = {
  name: 'Clients',
  description: 'Registered callers of the admin surface, who sign what they send.',
  parameters: { id: { description: 'The id of a client.' } },
} satisfies Part

const describes = describing(CLIENTS)

/** `/admin/clients`: the registered clients of this surface. */
export const clientsRoutes = new Hono<AdminEnv>()
  .post(
    '/clients',
    describes(() => ({
      id: 'createClient',
      summary: 'Register a client',
      description:
        'Registers a caller of the admin surface. Its secret, which its bodies are signed with, is in this answer and nowhere else.',
      answers: [CLIENT_CREATED],
    })),
    requiresToChange('clients:manage'),
    body(clientBody),
    async (c) => {
      const { name, require_bound_signatures: requireBoundSignatures } = c.req.valid('json')
      const input = { name, requireBoundSignatures }
      const client = await createClient(storesOf(c), input, c.var.now())
      setTarget(c.var.facts, 'client', client.id)
      setChanges(c.var.facts, 'client', { before: null, after: client })
      return CLIENT_CREATED.of(c, client)
    },
  )
  .get(
    '/clients',
    describes(() => ({
      id: 'listClients',
      summary: 'List the clients',
      description: 'Returns the registered callers by age, disabled ones too.',
      answers: [CLIENTS_RETRIEVED],
    })),
    requiresToRead('clients:manage'),
    query(pageQuery),
    async (c) => {
      const found = await listClients(c.var.reader, c.req.valid('query'))
      return CLIENTS_RETRIEVED.of(c, found)
    },
  )
  .patch(
    '/clients/:id',
    describes(() => ({
      id: 'updateClient',
      summary: 'Change a client',
      description:
        'With `require_bound_signatures` each of its calls has to be signed with its time, method and path, from the next one on.',
      answers: [CLIENT_UPDATED],
      errors: ['client_id_unknown'],
    })),
    requiresToChange('clients:manage'),
    body(clientChangesBody),
    async (c) => {
      const { name, require_bound_signatures: requireBoundSignatures } = c.req.valid('json')
      const change = await changeClient(c.var.db, c.req.param('id'), { name, requireBoundSignatures })
      setChanges(c.var.facts, 'client', change)
      return CLIENT_UPDATED.of(c, change.after)
    },
  )
  .post(
    '/clients/:id/rotate',
    describes(() => ({
      id: 'rotateClientSecret',
      summary: 'Give a client a new secret',
      description: 'The secret before verifies until the grace is over.',
      answers: [CLIENT_ROTATED],
      errors: ['client_id_unknown'],
    })),
    requiresToChange('clients:manage'),
    body(graceBody),
    async (c) => {
      const { grace_seconds: grace } = c.req.valid('json')
      const change = await rotateClient(storesOf(c), c.req.param('id'), grace, c.var.now())
      setChanges(c.var.facts, 'client', change)
      return CLIENT_ROTATED.of(c, change.after)
    },
  )
  .post(
    '/clients/:id/disable',
    describes(() => ({
      id: 'disableClient',
      summary: 'Disable a client',
      description:
        'Refuses its calls from the next one on. A call cannot disable the client that it came through.',
      answers: [CLIENT_DISABLED],
      errors: ['client_id_unknown', 'self_action'],
    })),
    requiresToChange('clients:manage'),
    async (c) => {
      const { db, actor, now } = c.var
      const change = await disableClient(db, actor.clientId, c.req.param('id'), now())
      setChanges(c.var.facts, 'client', change)
      return CLIENT_DISABLED.of(c, change.after)
    },
  )
  .post(
    '/clients/:id/enable',
    describes(() => ({
      id: 'enableClient',
      summary: 'Enable a client',
      description: 'Takes its calls again, with the secret that it had.',
      answers: [CLIENT_ENABLED],
      errors: ['client_id_unknown'],
    })),
    requiresToChange('clients:manage'),
    async (c) => {
      const change = await enableClient(c.var.db, c.req.param('id'))
      setChanges(c.var.facts, 'client', change)
      return CLIENT_ENABLED.of(c, change.after)
    },
  )
