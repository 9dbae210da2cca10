import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { AdminEnv } from '../auth/identify-admin.ts'
import { requires } from '../auth/requires.ts'
import { endSession } from '../auth/session.ts'

/** `/admin/logout`. */
export const sessionsRoutes = new Hono<AdminEnv>().post(
  '/logout',
  describeRoute({ summary: 'Log out' }),
  requires('session:end'),
  async (c) => {
    await endSession(c.var.db, c.var.actor.sessionId)
    return c.json({ message: 'User session invalidated', data: null })
  },
)
