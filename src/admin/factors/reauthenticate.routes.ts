import { Hono } from 'hono'
import * as z from 'zod'
import { setChanges } from '../../audit/recording/changes.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { authenticationResponse, requestOptionsObject } from '../../auth/factors/passkeys/json.ts'
import { requires, requiresToChange } from '../../auth/requires.ts'
import { describing } from '../../http/annotations.ts'
import { adminAnswer } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { text } from '../../http/fields/inputs.ts'
import { storesOf } from '../../http/stores.ts'
import { body } from '../../http/validation.ts'
import { reauthenticate, reauthenticationOptions } from './reauthenticate.service.ts'
import { SECOND_FACTORS } from './second-factors.routes.ts'

const proofBody = () =>
  z
    .strictObject({
      password: text().max(1024).optional(),
      passkey: authenticationResponse().optional(),
      totp: text().max(20).optional(),
    })
    .refine(({ passkey, totp }) => passkey === undefined || totp === undefined, {
      path: ['totp'],
      error: 'goes without passkey',
    })

const OPTIONS_CREATED = adminAnswer(200, 'Passkey options created successfully', requestOptionsObject)
const REAUTHENTICATED = adminAnswer(200, 'Reauthenticated successfully', z.null)

const describes = describing(SECOND_FACTORS)

/** `/admin/reauthenticate`: the proof that some calls need to be fresh. */
export const reauthenticateRoutes = new Hono<AdminEnv>()
  .post(
    '/reauthenticate',
    describes(() => ({
      id: 'reauthenticate',
      summary: 'Prove again who you are',
      description:
        'Renews the proof that calls refused with `reauthentication_required` need. Send a `passkey`, or your `password` and, if you have an authenticator app, a code of it as `totp`. What is wrong counts as a failed login.',
      answers: [REAUTHENTICATED],
      errors: ['throttled'],
    })),
    requires('self:prove'),
    body(proofBody),
    async (c) => {
      const { actor, facts, now } = c.var
      setTarget(facts, 'session', actor.sessionId)
      const factors = await reauthenticate(storesOf(c), facts, actor, c.req.valid('json'), now())
      setChanges(facts, 'session', { before: null, after: { factors } })
      return REAUTHENTICATED.of(c, null)
    },
  )
  .post(
    '/reauthenticate/options',
    describes(() => ({
      id: 'createReauthenticationOptions',
      summary: 'Get what a passkey signs to prove again who you are',
      description:
        'Returns what `navigator.credentials.get()` takes, by way of `PublicKeyCredential.parseRequestOptionsFromJSON()`. It is good once, for 5 minutes, in this session.',
      answers: [OPTIONS_CREATED],
    })),
    requiresToChange('self:prove'),
    async (c) => {
      const { actor, now } = c.var
      return OPTIONS_CREATED.of(c, await reauthenticationOptions(storesOf(c), actor, now()))
    },
  )
