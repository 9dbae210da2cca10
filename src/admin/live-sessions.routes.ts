import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { presentAdmin } from '../auth/account.ts'
import type { AdminEnv } from '../auth/identify-admin.ts'
import { requires } from '../auth/requires.ts'
import { positionOf } from '../http/envelopes.ts'
import { pageQuery, pageRequest } from '../http/pagination.ts'
import { query } from '../http/validation.ts'
import { endAllSessions, endOwnSession, listSessions } from './live-sessions.service.ts'

/** `/admin/sessions`: where an admin is logged in. */
export const liveSessionsRoutes = new Hono<AdminEnv>()
  .get(
    '/sessions',
    describeRoute({ summary: 'List the own sessions' }),
    requires('sessions:own'),
    query(pageQuery),
    async (c) => {
      const page = pageRequest(c.req.valid('query'), ['number', 'string'])
      const { items, ...position } = await listSessions(c.var.db, c.var.actor, page, c.var.now())
      return c.json({ message: 'Sessions retrieved successfully', data: items, meta: positionOf(position) })
    },
  )
  .delete(
    '/sessions/:id',
    describeRoute({ summary: 'End a session of the own' }),
    requires('sessions:own', 'session'),
    async (c) => {
      await endOwnSession(c.var.db, c.var.actor, c.req.param('id'))
      return c.json({ message: 'Session ended successfully', data: null })
    },
  )
  .delete(
    '/:id{[0-9]+}/sessions',
    describeRoute({ summary: 'End all sessions of an admin' }),
    requires('sessions:end_others', 'admin'),
    async (c) => {
      const account = await endAllSessions(c.var.db, c.req.param('id'))
      return c.json({ message: 'Sessions ended successfully', data: presentAdmin(account, c.var.now()) })
    },
  )
