import { Hono } from 'hono'
import * as z from 'zod'
import { setChanges } from '../../audit/recording/changes.ts'
import { adminObject, presentAdmin, toldAdmin } from '../../auth/accounts/account.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { requiresToChange } from '../../auth/requires.ts'
import { once } from '../../base/once.ts'
import { describing, type Part } from '../../http/annotations.ts'
import { adminAnswer } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { text } from '../../http/fields/inputs.ts'
import { textValue } from '../../http/fields/values.ts'
import { storesOf } from '../../http/stores.ts'
import { body } from '../../http/validation.ts'
import { renewRecoveryCodes } from './recovery-codes.service.ts'
import { resetSecondFactor } from './reset.service.ts'
import { confirmTotp, createTotp, removeTotp } from './totp.service.ts'

const newTotp = once(() =>
  z
    .object({
      secret: textValue('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'),
      otpauth_url: textValue('otpauth://totp/Steward:ada%40example.com?secret=...'),
    })
    .meta({ id: 'NewTotp' }),
)

const newRecoveryCodes = once(() =>
  z
    .object({ recovery_codes: z.array(z.string()).meta({ examples: [['k3m7q-x2n9p-d4f6h-w8r5t-c7v2z']] }) })
    .meta({ id: 'NewRecoveryCodes' }),
)

const TOTP_CREATED = adminAnswer(201, 'Authenticator app created successfully', newTotp)
const TOTP_CONFIRMED = adminAnswer(200, 'Authenticator app confirmed successfully', adminObject)
const TOTP_REMOVED = adminAnswer(200, 'Authenticator app removed successfully', adminObject)
const CODES_CREATED = adminAnswer(201, 'Recovery codes created successfully', newRecoveryCodes)
const FACTORS_RESET = adminAnswer(200, 'Second factor reset successfully', adminObject)

export const SECOND_FACTORS = {
  name: 'Second factors',
  description: 'Passkeys, authenticator apps and recovery codes, and the fresh proof that some calls need.',
  parameters: { id: { description: 'The id of a staff account.' } },
} satisfies Part

const describes = describing(SECOND_FACTORS)

/** `/admin/totp`, `/admin/recovery_codes`, and the reset of all factors of somebody else. */
export const secondFactorsRoutes = new Hono<AdminEnv>()
  .post(
    '/totp',
    describes(() => ({
      id: 'createTotp',
      summary: 'Set up an authenticator app',
      description:
        'Returns the secret, in this answer and nowhere else, and what its QR code says (RFC 6238: SHA-1, 6 digits, 30 seconds). It counts once a code confirmed it, within 15 minutes; the app before, if there is one, counts until then.',
      answers: [TOTP_CREATED],
    })),
    requiresToChange('factors:manage'),
    async (c) => {
      const { actor, facts, now } = c.var
      setTarget(facts, 'admin', `${actor.adminId}`)
      return TOTP_CREATED.of(c, await createTotp(storesOf(c), actor, now()))
    },
  )
  .post(
    '/totp/confirm',
    describes(() => ({
      id: 'confirmTotp',
      summary: 'Confirm an authenticator app',
      description: 'Takes a code of the app that was set up: from now on logging in needs one, or a passkey.',
      answers: [TOTP_CONFIRMED],
    })),
    requiresToChange('factors:manage'),
    body(() => z.strictObject({ totp: text().min(1).max(20) })),
    async (c) => {
      const { actor, facts, now } = c.var
      setTarget(facts, 'admin', `${actor.adminId}`)
      const { before, after } = await confirmTotp(storesOf(c), actor, c.req.valid('json').totp, now())
      const data = presentAdmin(after, now())
      setChanges(facts, 'admin', { before: presentAdmin(before, now()), after: { ...data, totp: true } })
      return TOTP_CONFIRMED.of(c, data)
    },
  )
  .delete(
    '/totp',
    describes(() => ({
      id: 'removeTotp',
      summary: 'Remove the authenticator app',
      description: 'Its codes are refused from now on. The last factor of a role that must have one stays.',
      answers: [TOTP_REMOVED],
      errors: ['totp_unknown', 'last_factor'],
    })),
    requiresToChange('factors:manage'),
    async (c) => {
      const { actor, facts, now } = c.var
      setTarget(facts, 'admin', `${actor.adminId}`)
      const { before, after } = await removeTotp(storesOf(c), actor)
      const data = presentAdmin(after, now())
      setChanges(facts, 'admin', { before: presentAdmin(before, now()), after: data })
      return TOTP_REMOVED.of(c, data)
    },
  )
  .post(
    '/recovery_codes',
    describes(() => ({
      id: 'createRecoveryCodes',
      summary: 'Make new recovery codes',
      description:
        'Returns ten codes, in this answer and nowhere else. Each stands in for a second factor, once. Those made before end.',
      answers: [CODES_CREATED],
    })),
    requiresToChange('factors:manage'),
    async (c) => {
      const { actor, facts, now } = c.var
      setTarget(facts, 'admin', `${actor.adminId}`)
      const codes = await renewRecoveryCodes(storesOf(c), actor, now())
      setChanges(facts, 'admin', { before: null, after: { recovery_codes: true } })
      return CODES_CREATED.of(c, { recovery_codes: codes })
    },
  )
  .post(
    '/reset_second_factor/:id{[0-9]+}',
    describes(() => ({
      id: 'resetSecondFactor',
      summary: 'Take all second factors of an account away',
      description:
        'For somebody who lost them. All sessions, API keys and access grants that the account ever made end too, and its owner is mailed. If it was taken over, reset its password first: until then that alone logs in.',
      answers: [FACTORS_RESET],
      errors: ['admin_unknown', 'self_action'],
    })),
    requiresToChange('admins:empower'),
    async (c) => {
      const { actor, facts, now } = c.var
      const { before, after } = await resetSecondFactor(storesOf(c), actor, c.req.param('id'), now())
      setChanges(facts, 'admin', { before: toldAdmin(before, now()), after: toldAdmin(after, now()) })
      return FACTORS_RESET.of(c, presentAdmin(after, now()))
    },
  )
