import { Hono } from 'hono'
import * as z from 'zod'
import { adminObject, presentAdmin } from '../../auth/accounts/account.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { requires, requiresToChange } from '../../auth/requires.ts'
import { describing } from '../../http/annotations.ts'
import { adminAnswer, adminPage } from '../../http/answers.ts'
import { pageQuery } from '../../http/pagination.ts'
import { storesOf } from '../../http/stores.ts'
import { query } from '../../http/validation.ts'
import { ADMINS } from '../accounts/accounts.routes.ts'
import { endAllSessions, endOwnSession, listSessions, sessionObject } from './sessions.service.ts'

const SESSIONS_RETRIEVED = adminPage('Sessions retrieved successfully', sessionObject)
const SESSION_ENDED = adminAnswer(200, 'Session ended successfully', z.null)
const SESSIONS_ENDED = adminAnswer(200, 'Sessions ended successfully', adminObject)

const describes = describing(ADMINS)

/** `/admin/sessions`: the open sessions of an admin. */
export const sessionsRoutes = new Hono<AdminEnv>()
  .get(
    '/sessions',
    describes(() => ({
      id: 'listOwnSessions',
      summary: 'List the own sessions',
      description: 'Returns where you are logged in, by age.',
      answers: [SESSIONS_RETRIEVED],
    })),
    requires('sessions:own'),
    query(pageQuery),
    async (c) => {
      const { db, actor, now } = c.var
      const found = await listSessions(db, actor, c.req.valid('query'), now())
      return SESSIONS_RETRIEVED.of(c, found)
    },
  )
  .delete(
    '/sessions/:id',
    describes(() => ({
      id: 'endOwnSession',
      parameters: { id: { description: 'The id of a session of the own.' } },
      summary: 'End a session of the own',
      description: 'It is refused from the next request on, be it the one that asks.',
      answers: [SESSION_ENDED],
      errors: ['session_unknown'],
    })),
    requiresToChange('sessions:own'),
    async (c) => {
      await endOwnSession(storesOf(c), c.var.actor, c.req.param('id'), c.var.now())
      return SESSION_ENDED.of(c, null)
    },
  )
  .delete(
    '/:id{[0-9]+}/sessions',
    describes(() => ({
      id: 'endAdminSessions',
      summary: 'End all sessions of an admin',
      description:
        'They are refused from the next request on, and the keys of access grants that were got in them. API keys go on working.',
      answers: [SESSIONS_ENDED],
      errors: ['admin_unknown'],
    })),
    requiresToChange('sessions:end_others'),
    async (c) => {
      const account = await endAllSessions(storesOf(c), c.req.param('id'), c.var.now())
      return SESSIONS_ENDED.of(c, presentAdmin(account, c.var.now()))
    },
  )
