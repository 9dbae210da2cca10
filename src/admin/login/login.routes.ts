import { Hono } from 'hono'
import * as z from 'zod'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { authenticationResponse } from '../../auth/factors/passkeys/json.ts'
import { requiresClient } from '../../auth/requires-client.ts'
import { describing } from '../../http/annotations.ts'
import { text } from '../../http/fields/inputs.ts'
import { body } from '../../http/validation.ts'
import { ADMINS } from '../accounts/accounts.routes.ts'
import { brake } from './brake.ts'
import { login } from './login.service.ts'
import {
  ADMIN_LOGIN_SUCCESSFUL,
  answerLogin,
  answerSecondStep,
  loginCall,
  SESSION_OR_SECOND_STEP,
} from './login-answer.ts'
import { completeLogin } from './second-step.ts'

const credentialsBody = () =>
  z.strictObject({ email: text().min(1).max(254), password: text().min(1).max(1024) })

const FACTORS = ['passkey', 'totp', 'recovery_code'] as const

const secondFactorBody = () =>
  z
    .strictObject({
      login_token: text().min(1).max(100),
      passkey: authenticationResponse().optional(),
      totp: text().min(1).max(20).optional(),
      recovery_code: text().min(1).max(100).optional(),
    })
    .superRefine((sent, context) => {
      const refuse = (factor: string, message: string) =>
        context.addIssue({ code: 'custom', path: [factor], message })
      const [first, ...others] = FACTORS.filter((factor) => sent[factor] !== undefined)
      if (first === undefined) refuse('totp', 'has to be given, or one of the others instead')
      for (const other of others) refuse(other, `goes without ${first}`)
    })
    .transform(({ login_token, recovery_code, ...given }) => ({
      loginToken: login_token,
      given: { ...given, recoveryCode: recovery_code },
    }))

const describes = describing(ADMINS)

/** `/admin/login` and its second step. */
export const loginRoutes = new Hono<AdminEnv>()
  .post(
    '/login',
    describes(() => ({
      id: 'login',
      summary: 'Log in',
      description:
        'Opens a session of 12 hours, or 30 minutes without use; for an account with a second factor it gives a `login_token` instead, with which `/admin/login/second_factor` goes on. Every refusal is the same, whether or not there is such an account; five within 15 minutes lock it for an hour. A page of this service in a browser gets no `auth_token` but a cookie, with which it calls from then on.',
      answers: [SESSION_OR_SECOND_STEP],
      errors: ['login_invalid'],
    })),
    brake,
    requiresClient(),
    body(credentialsBody),
    async (c) => {
      const call = await loginCall(c)
      const passed = await login(call, c.req.valid('json'))
      return 'loginToken' in passed ? answerSecondStep(c, call, passed) : answerLogin(c, call, passed)
    },
  )
  .post(
    '/login/second_factor',
    describes(() => ({
      id: 'completeLogin',
      summary: 'Log in, second step',
      description:
        'Opens the session of a login whose password was right, by a passkey, a code of an authenticator app or a recovery code. A wrong one counts as a failed login; the `login_token` is good for one login, for 5 minutes.',
      answers: [ADMIN_LOGIN_SUCCESSFUL],
      errors: ['login_invalid'],
    })),
    brake,
    requiresClient(),
    body(secondFactorBody),
    async (c) => {
      const call = await loginCall(c)
      return answerLogin(c, call, await completeLogin(call, c.req.valid('json')))
    },
  )
