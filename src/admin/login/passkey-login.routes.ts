import { Hono } from 'hono'
import * as z from 'zod'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { authenticationResponse, requestOptionsObject } from '../../auth/factors/passkeys/json.ts'
import { requiresClient } from '../../auth/requires-client.ts'
import { describing } from '../../http/annotations.ts'
import { adminAnswer } from '../../http/answers.ts'
import { storesOf } from '../../http/stores.ts'
import { body } from '../../http/validation.ts'
import { ADMINS } from '../accounts/accounts.routes.ts'
import { brake } from './brake.ts'
import { ADMIN_LOGIN_SUCCESSFUL, answerLogin, loginCall } from './login-answer.ts'
import { loginByPasskey, passkeyLoginOptions } from './passkey-login.service.ts'

const OPTIONS_CREATED = adminAnswer(200, 'Passkey options created successfully', requestOptionsObject)

const describes = describing(ADMINS)

/** `/admin/login/passkey` and its options. */
export const passkeyLoginRoutes = new Hono<AdminEnv>()
  .post(
    '/login/passkey_options',
    describes(() => ({
      id: 'createPasskeyLoginOptions',
      summary: 'Get what a passkey signs to log in',
      description:
        'Returns what `navigator.credentials.get()` takes, by way of `PublicKeyCredential.parseRequestOptionsFromJSON()`: the same for everybody. It is good once, for 5 minutes.',
      answers: [OPTIONS_CREATED],
      errors: ['dependency_unavailable'],
    })),
    brake,
    requiresClient(),
    async (c) => OPTIONS_CREATED.of(c, await passkeyLoginOptions(storesOf(c), c.var.now())),
  )
  .post(
    '/login/passkey',
    describes(() => ({
      id: 'loginByPasskey',
      summary: 'Log in by a passkey alone',
      description:
        'Opens a session without a password: a passkey is two factors by itself. Every refusal is that of a login, and counts as one.',
      answers: [ADMIN_LOGIN_SUCCESSFUL],
      errors: ['login_invalid'],
    })),
    brake,
    requiresClient(),
    body(() => z.strictObject({ credential: authenticationResponse() })),
    async (c) => {
      const call = await loginCall(c)
      return answerLogin(c, call, await loginByPasskey(call, c.req.valid('json').credential))
    },
  )
