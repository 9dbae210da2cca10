import { Hono } from 'hono'
import * as z from 'zod'
import { adminObject, presentAdmin } from '../auth/account.ts'
import type { AdminEnv } from '../auth/identify-admin.ts'
import { requiresClient } from '../auth/requires.ts'
import { describes } from '../http/annotations.ts'
import { timestamp } from '../http/envelopes.ts'
import { text } from '../http/fields.ts'
import { adminAnswer, textValue, timeValue } from '../http/schemas.ts'
import { body } from '../http/validation.ts'
import { login } from './login.service.ts'

const credentials = z.object({ email: text().min(1).max(254), password: text().min(1).max(1024) })

const session = z
  .object({ auth_token: textValue('stw_session_...'), expires_at: timeValue, admin: adminObject })
  .meta({ id: 'Session' })

/** `/admin/login`. */
export const loginRoutes = new Hono<AdminEnv>().post(
  '/login',
  describes({
    summary: 'Log in',
    answers: { 200: adminAnswer('Admin login successful', session) },
    errors: ['login_invalid'],
  }),
  requiresClient(),
  body(credentials),
  async (c) => {
    const { email, password } = c.req.valid('json')
    const { account, token, expiresAt } = await login(c.var.db, email, password, c.var.now())
    c.var.act.actor = { type: 'admin', admin_id: account.id, role: account.role, api_key_id: null }
    return c.json({
      message: 'Admin login successful',
      data: {
        auth_token: token,
        expires_at: timestamp(expiresAt),
        admin: presentAdmin(account, c.var.now()),
      },
    })
  },
)
