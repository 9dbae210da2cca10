import { Hono } from 'hono'
import * as z from 'zod'
import { adminObject, presentAdmin } from '../../auth/accounts/account.ts'
import { setSessionCookie } from '../../auth/callers/session-cookie.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { requiresClient } from '../../auth/requires-client.ts'
import { once } from '../../base/once.ts'
import { describing } from '../../http/annotations.ts'
import { adminAnswer } from '../../http/answers.ts'
import { timestamp } from '../../http/envelopes.ts'
import { text } from '../../http/fields/inputs.ts'
import { textValue, timeValue } from '../../http/fields/values.ts'
import { storesOf } from '../../http/stores.ts'
import { body } from '../../http/validation.ts'
import { ADMINS } from '../accounts/accounts.routes.ts'
import { brake } from './brake.ts'
import { login } from './login.service.ts'

const credentialsBody = () =>
  z.strictObject({ email: text().min(1).max(254), password: text().min(1).max(1024) })

const session = once(() =>
  z
    .object({
      auth_token: textValue('stw_session_...').optional(),
      expires_at: timeValue(),
      admin: adminObject(),
    })
    .meta({ id: 'Session' }),
)

const ADMIN_LOGIN_SUCCESSFUL = adminAnswer(200, 'Admin login successful', session)

const describes = describing(ADMINS)

/** `/admin/login`. */
export const loginRoutes = new Hono<AdminEnv>().post(
  '/login',
  describes(() => ({
    id: 'login',
    summary: 'Log in',
    description:
      'Opens a session of 12 hours, or 30 minutes without use. Every refusal is the same, whether or not there is such an account; five within 15 minutes lock it for an hour. A page of this service in a browser gets no `auth_token` but a cookie, with which it calls from then on.',
    answers: [ADMIN_LOGIN_SUCCESSFUL],
    errors: ['login_invalid'],
  })),
  brake,
  requiresClient(),
  body(credentialsBody),
  async (c) => {
    const { authority, facts, now } = c.var
    const holder = (await authority.verify()).kind === 'browser' ? 'browser' : 'client'
    const credentials = c.req.valid('json')
    const { account, token, expiresAt } = await login(storesOf(c), facts, credentials, holder, now())
    facts.actor = { type: 'admin', adminId: account.id, role: account.role, apiKeyId: null }
    if (holder === 'browser') setSessionCookie(c, token)
    return ADMIN_LOGIN_SUCCESSFUL.of(c, {
      ...(holder === 'client' && { auth_token: token }),
      expires_at: timestamp(expiresAt),
      admin: presentAdmin(account, now()),
    })
  },
)
