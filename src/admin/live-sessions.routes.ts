import { Hono } from 'hono'
import * as z from 'zod'
import { adminObject, presentAdmin } from '../auth/account.ts'
import type { AdminEnv } from '../auth/identify-admin.ts'
import { requires } from '../auth/requires.ts'
import { describes } from '../http/annotations.ts'
import { positionOf } from '../http/envelopes.ts'
import { pageQuery } from '../http/pagination.ts'
import { adminAnswer, adminPage } from '../http/schemas.ts'
import { query } from '../http/validation.ts'
import { endAllSessions, endOwnSession, listSessions, sessionObject } from './live-sessions.service.ts'

/** `/admin/sessions`: where an admin is logged in. */
export const liveSessionsRoutes = new Hono<AdminEnv>()
  .get(
    '/sessions',
    describes(() => ({
      summary: 'List the own sessions',
      description: 'Returns where you are logged in, by age.',
      answers: { 200: adminPage('Sessions retrieved successfully', sessionObject()) },
    })),
    requires('sessions:own'),
    query(pageQuery),
    async (c) => {
      const { db, actor, now } = c.var
      const { items, ...position } = await listSessions(db, actor, c.req.valid('query'), now())
      return c.json({ message: 'Sessions retrieved successfully', data: items, meta: positionOf(position) })
    },
  )
  .delete(
    '/sessions/:id',
    describes(() => ({
      summary: 'End a session of the own',
      description: 'It is refused from the next request on, be it the one that asks.',
      answers: { 200: adminAnswer('Session ended successfully', z.null()) },
      errors: ['session_unknown'],
    })),
    requires('sessions:own', 'session'),
    async (c) => {
      await endOwnSession(c.var.db, c.var.actor, c.req.param('id'))
      return c.json({ message: 'Session ended successfully', data: null })
    },
  )
  .delete(
    '/:id{[0-9]+}/sessions',
    describes(() => ({
      summary: 'End all sessions of an admin',
      description: 'They are refused from the next request on. API keys go on working.',
      answers: { 200: adminAnswer('Sessions ended successfully', adminObject()) },
      errors: ['admin_unknown'],
    })),
    requires('sessions:end_others', 'admin'),
    async (c) => {
      const account = await endAllSessions(c.var.db, c.req.param('id'))
      return c.json({ message: 'Sessions ended successfully', data: presentAdmin(account, c.var.now()) })
    },
  )
