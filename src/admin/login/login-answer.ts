import type { Context } from 'hono'
import * as z from 'zod'
import { setChanges } from '../../audit/recording/changes.ts'
import { adminObject, presentAdmin } from '../../auth/accounts/account.ts'
import { setSessionCookie } from '../../auth/callers/session-cookie.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { requestOptionsObject } from '../../auth/factors/passkeys/json.ts'
import { once } from '../../base/once.ts'
import { adminAnswer, jsonAnswer } from '../../http/answers.ts'
import { timestamp } from '../../http/envelopes.ts'
import { textValue, timeValue } from '../../http/fields/values.ts'
import { storesOf } from '../../http/stores.ts'
import type { Login, LoginCall } from './opening.ts'
import type { SecondStep } from './second-step.ts'

const session = once(() =>
  z
    .object({
      auth_token: textValue('stw_session_...').optional(),
      expires_at: timeValue(),
      admin: adminObject(),
    })
    .meta({ id: 'Session' }),
)

const secondStep = once(() =>
  z
    .object({
      login_token: textValue('stw_login_...'),
      expires_at: timeValue(),
      methods: z.array(z.enum(['passkey', 'totp', 'recovery_code'])),
      passkey_options: requestOptionsObject().optional(),
    })
    .meta({ id: 'SecondStep' }),
)

export const ADMIN_LOGIN_SUCCESSFUL = adminAnswer(200, 'Admin login successful', session)
const SECOND_FACTOR_REQUIRED = adminAnswer(200, 'Second factor required', secondStep)

/** Describes either of the two as one object: generated clients in many languages know no choice between two. */
export const SESSION_OR_SECOND_STEP = jsonAnswer(200, () =>
  z.object({
    message: z
      .enum(['Admin login successful', 'Second factor required'])
      .meta({ description: 'Whether there is a session, or the login goes on.' }),
    data: session()
      .extend(secondStep().shape)
      .partial()
      .required({ expires_at: true })
      .meta({ id: 'SessionOrSecondStep' }),
  }),
)

/** Returns what a login is about to begin with: a browser keeps its token in a cookie. */
export async function loginCall(c: Context<AdminEnv>): Promise<LoginCall> {
  const { authority, facts, now } = c.var
  const { kind } = await authority.verify()
  return { stores: storesOf(c), facts, holder: kind === 'browser' ? 'browser' : 'client', now: now() }
}

/** Notes who logged in and by which factors, and answers with the session. */
export function answerLogin(
  c: Context<AdminEnv>,
  { facts, holder, now }: LoginCall,
  { account, token, expiresAt, factors }: Login,
) {
  facts.actor = { type: 'admin', adminId: account.id, role: account.role, apiKeyId: null }
  setChanges(facts, 'session', { before: null, after: { factors } })
  if (holder === 'browser') setSessionCookie(c, token)
  return ADMIN_LOGIN_SUCCESSFUL.of(c, {
    ...(holder === 'client' && { auth_token: token }),
    expires_at: timestamp(expiresAt),
    admin: presentAdmin(account, now),
  })
}

/** Notes that the password alone was right, and answers with what the login waits for. */
export function answerSecondStep(c: Context<AdminEnv>, { facts }: LoginCall, step: SecondStep) {
  setChanges(facts, 'session', { before: null, after: { factors: ['password'], waits_for: step.methods } })
  return SECOND_FACTOR_REQUIRED.of(c, {
    login_token: step.loginToken,
    expires_at: timestamp(step.expiresAt),
    methods: step.methods,
    passkey_options: step.passkeyOptions,
  })
}
