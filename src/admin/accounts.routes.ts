import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { presentAdmin } from '../auth/account.ts'
import type { AdminEnv } from '../auth/identify-admin.ts'
import { requires } from '../auth/requires.ts'
import { getAdmin } from './accounts.service.ts'

const RETRIEVED = 'Admin retrieved successfully'

/** `/admin` and `/admin/:id`: staff accounts. */
export const accountsRoutes = new Hono<AdminEnv>()
  .get('/', describeRoute({ summary: 'Get the own account' }), requires('self:read'), (c) =>
    c.json({ message: RETRIEVED, data: presentAdmin(c.var.actor.admin, c.var.now()) }),
  )
  .get('/:id{[0-9]+}', describeRoute({ summary: 'Get an account' }), requires('admins:read'), async (c) => {
    const account = await getAdmin(c.var.db, c.req.param('id'))
    return c.json({ message: RETRIEVED, data: presentAdmin(account, c.var.now()) })
  })
