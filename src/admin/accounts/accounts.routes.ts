import { Hono } from 'hono'
import * as z from 'zod'
import { setChanges } from '../../audit/recording/changes.ts'
import { adminObject, presentAdmin } from '../../auth/accounts/account.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { ROLES } from '../../auth/permissions.ts'
import { requires, requiresToRead } from '../../auth/requires.ts'
import { describing, type Part } from '../../http/annotations.ts'
import { adminAnswer, adminPage } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { email, text } from '../../http/fields/inputs.ts'
import { pageQuery } from '../../http/pagination.ts'
import { storesOf } from '../../http/stores.ts'
import { body, query } from '../../http/validation.ts'
import { CREATION_REFUSED, faultsOfEmail, inviteAdmin, listAdmins, readAdmin } from './accounts.service.ts'

const adminsQuery = () => pageQuery().extend({ search_query: text().max(254).optional() })
const newAdminBody = () => z.strictObject({ email: email(), role: z.enum(ROLES) })

const RETRIEVED = adminAnswer(200, 'Admin retrieved successfully', adminObject)
const LISTED = adminPage('Admins retrieved successfully', adminObject)
const CREATED = adminAnswer(201, 'Admin created successfully', adminObject)

export const ADMINS = {
  name: 'Admins',
  description: 'Staff accounts, their passwords and sessions.',
  parameters: { id: { description: 'The id of a staff account.' } },
} satisfies Part

const describes = describing(ADMINS)

/** `/admin`, `/admin/:id`, `/admin/list` and `/admin/new`: staff accounts. */
export const accountsRoutes = new Hono<AdminEnv>()
  .get(
    '/',
    describes(() => ({
      id: 'getOwnAdmin',
      summary: 'Get the own account',
      description: 'Returns the account that you are logged in to.',
      answers: [RETRIEVED],
    })),
    requires('self:read'),
    (c) => RETRIEVED.of(c, presentAdmin(c.var.actor.admin, c.var.now())),
  )
  .get(
    '/list',
    describes(() => ({
      id: 'listAdmins',
      summary: 'List accounts',
      description: 'All by age, or those whose email begins with `search_query` by email.',
      answers: [LISTED],
    })),
    requiresToRead('admins:read'),
    query(adminsQuery),
    async (c) => {
      const { search_query: search, ...page } = c.req.valid('query')
      const found = await listAdmins(c.var.reader, search || undefined, page)
      const items = found.items.map((account) => presentAdmin(account, c.var.now()))
      return LISTED.of(c, { ...found, items })
    },
  )
  .get(
    '/:id{[0-9]+}',
    describes(() => ({
      id: 'getAdmin',
      summary: 'Get an account',
      description: 'Returns an account of the staff.',
      answers: [RETRIEVED],
      errors: ['admin_unknown'],
    })),
    requiresToRead('admins:read'),
    async (c) => {
      const account = await readAdmin(c.var.reader, c.req.param('id'))
      return RETRIEVED.of(c, presentAdmin(account, c.var.now()))
    },
  )
  .post(
    '/new',
    describes(() => ({
      id: 'createAdmin',
      summary: 'Create an account',
      description: 'Its owner is mailed a random password, which is valid for 72 hours.',
      answers: [CREATED],
      errors: ['throttled', 'mail_unavailable'],
    })),
    requires('admins:manage'),
    body(newAdminBody, {
      message: CREATION_REFUSED,
      alsoInvalid: (c, sent) => faultsOfEmail(c.var.db, sent.email),
    }),
    async (c) => {
      const { now } = c.var
      const account = await inviteAdmin(storesOf(c), c.req.valid('json'), now())
      const data = presentAdmin(account, now())
      setTarget(c.var.facts, 'admin', `${account.id}`)
      setChanges(c.var.facts, 'admin', { before: null, after: data })
      return CREATED.of(c, data)
    },
  )
