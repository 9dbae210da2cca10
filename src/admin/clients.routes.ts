import { Hono } from 'hono'
import * as z from 'zod'
import type { AdminEnv } from '../auth/identify-admin.ts'
import { requires, requiresToRead } from '../auth/requires.ts'
import { describes } from '../http/annotations.ts'
import { positionOf } from '../http/envelopes.ts'
import { flag, graceInput, name } from '../http/fields.ts'
import { pageQuery } from '../http/pagination.ts'
import { adminAnswer, adminPage } from '../http/schemas.ts'
import { body, query } from '../http/validation.ts'
import { clientObject, listClients, newClientObject } from './client-records.service.ts'
import { changeClient, createClient, disableClient, enableClient, rotateClient } from './clients.service.ts'

const clientInput = () => z.strictObject({ name: name(), require_bound_signatures: flag().optional() })
const clientChanges = () => clientInput().partial()

/** `/admin/clients`: the registered callers of this surface. */
export const clientsRoutes = new Hono<AdminEnv>()
  .post(
    '/clients',
    describes(() => ({
      summary: 'Register a client',
      description:
        'Registers a caller of the admin surface. Its secret, which its bodies are signed with, is in this answer and nowhere else.',
      answers: { 201: adminAnswer('Client created successfully', newClientObject()) },
    })),
    requires('clients:manage'),
    body(clientInput),
    async (c) => {
      const { db, act, now } = c.var
      const { name, require_bound_signatures: requireBoundSignatures } = c.req.valid('json')
      const input = { name, requireBoundSignatures }
      const client = await createClient(db, c.env.CLIENT_SECRETS_KEYS, input, now())
      act.about('client', client.id)
      act.changed('client', { before: null, after: client })
      return c.json({ message: 'Client created successfully', data: client }, 201)
    },
  )
  .get(
    '/clients',
    describes(() => ({
      summary: 'List the clients',
      description: 'Returns the registered callers by age, disabled ones too.',
      answers: { 200: adminPage('Clients retrieved successfully', clientObject()) },
    })),
    requiresToRead('clients:manage'),
    query(pageQuery),
    async (c) => {
      const { items, ...position } = await listClients(c.var.reader, c.req.valid('query'))
      return c.json({ message: 'Clients retrieved successfully', data: items, meta: positionOf(position) })
    },
  )
  .patch(
    '/clients/:id',
    describes(() => ({
      summary: 'Change a client',
      description:
        'With `require_bound_signatures` each of its calls has to be signed with its time, method and path, from the next one on.',
      answers: { 200: adminAnswer('Client updated successfully', clientObject()) },
      errors: ['client_id_unknown'],
    })),
    requires('clients:manage', 'client'),
    body(clientChanges),
    async (c) => {
      const { name, require_bound_signatures: requireBoundSignatures } = c.req.valid('json')
      const change = await changeClient(c.var.db, c.req.param('id'), { name, requireBoundSignatures })
      c.var.act.changed('client', change)
      return c.json({ message: 'Client updated successfully', data: change.after })
    },
  )
  .post(
    '/clients/:id/rotate',
    describes(() => ({
      summary: 'Give a client a new secret',
      description: 'The secret before verifies until the grace is over.',
      answers: { 200: adminAnswer('Client rotated successfully', newClientObject()) },
      errors: ['client_id_unknown'],
    })),
    requires('clients:manage', 'client'),
    body(graceInput),
    async (c) => {
      const change = await rotateClient(
        c.var.db,
        c.env.CLIENT_SECRETS_KEYS,
        c.req.param('id'),
        c.req.valid('json').grace_seconds,
        c.var.now(),
      )
      c.var.act.changed('client', change)
      return c.json({ message: 'Client rotated successfully', data: change.after })
    },
  )
  .post(
    '/clients/:id/disable',
    describes(() => ({
      summary: 'Disable a client',
      description:
        'Refuses its calls from the next one on. A call cannot disable the client that it came through.',
      answers: { 200: adminAnswer('Client disabled successfully', clientObject()) },
      errors: ['client_id_unknown', 'self_action'],
    })),
    requires('clients:manage', 'client'),
    async (c) => {
      const { db, actor, act, now } = c.var
      const change = await disableClient(db, actor.clientId, c.req.param('id'), now())
      act.changed('client', change)
      return c.json({ message: 'Client disabled successfully', data: change.after })
    },
  )
  .post(
    '/clients/:id/enable',
    describes(() => ({
      summary: 'Enable a client',
      description: 'Takes its calls again, with the secret that it had.',
      answers: { 200: adminAnswer('Client enabled successfully', clientObject()) },
      errors: ['client_id_unknown'],
    })),
    requires('clients:manage', 'client'),
    async (c) => {
      const change = await enableClient(c.var.db, c.req.param('id'))
      c.var.act.changed('client', change)
      return c.json({ message: 'Client enabled successfully', data: change.after })
    },
  )
