import { Hono } from 'hono'
import * as z from 'zod'
import type { AdminEnv } from '../auth/identify-admin.ts'
import { requires } from '../auth/requires.ts'
import { endSession } from '../auth/session.ts'
import { describes } from '../http/annotations.ts'
import { adminAnswer } from '../http/schemas.ts'

/** `/admin/logout`. */
export const sessionsRoutes = new Hono<AdminEnv>().post(
  '/logout',
  describes(() => ({
    summary: 'Log out',
    description: 'Ends the session that the call is made with.',
    answers: { 200: adminAnswer('User session invalidated', z.null()) },
  })),
  requires('session:end'),
  async (c) => {
    await endSession(c.var.db, c.var.actor.sessionId)
    return c.json({ message: 'User session invalidated', data: null })
  },
)
