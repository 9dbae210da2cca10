import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import * as z from 'zod'
import { adminObject, presentAdmin } from '../../auth/accounts/account.ts'
import type { AdminEnv } from '../../auth/callers/identify-admin.ts'
import { requiresClient } from '../../auth/requires-client.ts'
import { once } from '../../base/once.ts'
import type { Env } from '../../env.ts'
import { AppError } from '../../errors.ts'
import { annotated, describing } from '../../http/annotations.ts'
import { adminAnswer } from '../../http/answers.ts'
import { timestamp } from '../../http/envelopes.ts'
import { text } from '../../http/fields/inputs.ts'
import { textValue, timeValue } from '../../http/fields/values.ts'
import { HEADERS } from '../../http/headers.ts'
import { storesOf } from '../../http/stores.ts'
import { body } from '../../http/validation.ts'
import { logFailure } from '../../log.ts'
import { ADMINS } from '../accounts/accounts.routes.ts'
import { login } from './login.service.ts'

const credentialsBody = () =>
  z.strictObject({ email: text().min(1).max(254), password: text().min(1).max(1024) })

const session = once(() =>
  z
    .object({ auth_token: textValue('stw_session_...'), expires_at: timeValue(), admin: adminObject() })
    .meta({ id: 'Session' }),
)

/**
 * Limits login attempts by address and by client. Only Cloudflare sets CF-Connecting-IP, so what a caller claims does
 * not count; nor does a client's id without its signature. A throttled attempt is neither checked nor recorded: a
 * brake that costs a message for each push is none.
 */
const brake = annotated(
  { operation: () => ({ errors: ['throttled'] }) },
  createMiddleware<AdminEnv>(async (c, next) => {
    const { clientId } = await c.var.authority.verify()
    const isWithin =
      (await isWithinLimit(c.env, 'LOGIN_RATE_LIMIT', c.req.header(HEADERS.SOURCE_ADDRESS))) &&
      (await isWithinLimit(c.env, 'LOGIN_CLIENT_RATE_LIMIT', clientId))
    if (!isWithin) throw new AppError('throttled')
    return next()
  }),
)

/**
 * Returns whether a rate limit allows the attempt; true if it cannot be asked, because the lockout is the authority
 * on guessing.
 */
async function isWithinLimit(
  env: Env,
  binding: 'LOGIN_RATE_LIMIT' | 'LOGIN_CLIENT_RATE_LIMIT',
  key: string | undefined,
): Promise<boolean> {
  if (key === undefined) return true
  try {
    return (await env[binding].limit({ key })).success
  } catch (error) {
    logFailure({ binding }, error)
    return true
  }
}

const ADMIN_LOGIN_SUCCESSFUL = adminAnswer(200, 'Admin login successful', session)

const describes = describing(ADMINS)

/** `/admin/login`. */
export const loginRoutes = new Hono<AdminEnv>().post(
  '/login',
  describes(() => ({
    id: 'login',
    summary: 'Log in',
    description:
      'Opens a session of 12 hours, or 30 minutes without use. Every refusal is the same, whether or not there is such an account; five within 15 minutes lock it for an hour.',
    answers: [ADMIN_LOGIN_SUCCESSFUL],
    errors: ['login_invalid'],
  })),
  brake,
  requiresClient(),
  body(credentialsBody),
  async (c) => {
    const { facts, now } = c.var
    const { account, token, expiresAt } = await login(storesOf(c), facts, c.req.valid('json'), now())
    facts.actor = { type: 'admin', adminId: account.id, role: account.role, apiKeyId: null }
    return ADMIN_LOGIN_SUCCESSFUL.of(c, {
      auth_token: token,
      expires_at: timestamp(expiresAt),
      admin: presentAdmin(account, now()),
    })
  },
)
