import { Hono } from 'hono'
import * as z from 'zod'
import { adminObject, presentAdmin } from '../auth/account.ts'
import type { AdminEnv } from '../auth/identify-admin.ts'
import { ROLES } from '../auth/permissions.ts'
import { requires, requiresToRead } from '../auth/requires.ts'
import { describes } from '../http/annotations.ts'
import { positionOf } from '../http/envelopes.ts'
import { email, text } from '../http/fields.ts'
import { pageQuery } from '../http/pagination.ts'
import { adminAnswer, adminPage } from '../http/schemas.ts'
import { body, query } from '../http/validation.ts'
import { CREATION_REFUSED, faultsOfEmail, inviteAdmin, listAdmins, readAdmin } from './accounts.service.ts'
import { lockoutStores } from './lockout-stores.ts'

const RETRIEVED = 'Admin retrieved successfully'
const LISTED = 'Admins retrieved successfully'
const CREATED = 'Admin created successfully'

const listQuery = () => pageQuery().extend({ search_query: text().max(254).optional() })
const newAdmin = () => z.strictObject({ email: email(), role: z.enum(ROLES) })

/** `/admin`, `/admin/:id`, `/admin/list` and `/admin/new`: staff accounts. */
export const accountsRoutes = new Hono<AdminEnv>()
  .get(
    '/',
    describes(() => ({
      summary: 'Get the own account',
      description: 'Returns the account that you are logged in to.',
      answers: { 200: adminAnswer(RETRIEVED, adminObject()) },
    })),
    requires('self:read'),
    (c) => c.json({ message: RETRIEVED, data: presentAdmin(c.var.actor.admin, c.var.now()) }),
  )
  .get(
    '/list',
    describes(() => ({
      summary: 'List accounts',
      description: 'All by age, or those whose email begins with `search_query` by email.',
      answers: { 200: adminPage(LISTED, adminObject()) },
    })),
    requiresToRead('admins:read'),
    query(listQuery),
    async (c) => {
      const { search_query: search, ...page } = c.req.valid('query')
      const { items, ...position } = await listAdmins(c.var.reader, search || undefined, page)
      const data = items.map((account) => presentAdmin(account, c.var.now()))
      return c.json({ message: LISTED, data, meta: positionOf(position) })
    },
  )
  .get(
    '/:id{[0-9]+}',
    describes(() => ({
      summary: 'Get an account',
      description: 'Returns an account of the staff.',
      answers: { 200: adminAnswer(RETRIEVED, adminObject()) },
      errors: ['admin_unknown'],
    })),
    requiresToRead('admins:read', 'admin'),
    async (c) => {
      const account = await readAdmin(c.var.reader, c.req.param('id'))
      return c.json({ message: RETRIEVED, data: presentAdmin(account, c.var.now()) })
    },
  )
  .post(
    '/new',
    describes(() => ({
      summary: 'Create an account',
      description: 'Its owner is mailed a random password, which is valid for 72 hours.',
      answers: { 201: adminAnswer(CREATED, adminObject()) },
      errors: ['throttled', 'mail_unavailable'],
    })),
    requires('admins:manage'),
    body(newAdmin, {
      message: CREATION_REFUSED,
      alsoInvalid: (c, sent) => faultsOfEmail(c.var.db, sent.email),
    }),
    async (c) => {
      const { act, now } = c.var
      const { account, afterwards } = await inviteAdmin(lockoutStores(c), c.req.valid('json'), now())
      if (afterwards) c.executionCtx.waitUntil(afterwards)
      const data = presentAdmin(account, now())
      act.about('admin', `${account.id}`)
      act.changed('admin', { before: null, after: data })
      return c.json({ message: CREATED, data }, 201)
    },
  )
