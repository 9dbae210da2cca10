import { Hono } from 'hono'
import { adminObject, presentAdmin } from '../auth/account.ts'
import type { AdminEnv } from '../auth/identify-admin.ts'
import { requires } from '../auth/requires.ts'
import { describes } from '../http/annotations.ts'
import { adminAnswer } from '../http/schemas.ts'
import { getAdmin } from './accounts.service.ts'

const RETRIEVED = 'Admin retrieved successfully'

/** `/admin` and `/admin/:id`: staff accounts. */
export const accountsRoutes = new Hono<AdminEnv>()
  .get(
    '/',
    describes({ summary: 'Get the own account', answers: { 200: adminAnswer(RETRIEVED, adminObject) } }),
    requires('self:read'),
    (c) => c.json({ message: RETRIEVED, data: presentAdmin(c.var.actor.admin, c.var.now()) }),
  )
  .get(
    '/:id{[0-9]+}',
    describes({
      summary: 'Get an account',
      answers: { 200: adminAnswer(RETRIEVED, adminObject) },
      errors: ['admin_unknown'],
    }),
    requires('admins:read', 'admin'),
    async (c) => {
      const account = await getAdmin(c.var.db, c.req.param('id'))
      return c.json({ message: RETRIEVED, data: presentAdmin(account, c.var.now()) })
    },
  )
