import { Hono } from 'hono'
import * as z from 'zod'
import { setChanges } from '../../audit/recording/changes.ts'
import { adminObject, presentAdmin, toldAdmin } from '../../auth/accounts/account.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { requires } from '../../auth/requires.ts'
import { describing } from '../../http/annotations.ts'
import { adminAnswer } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { text } from '../../http/fields/inputs.ts'
import { storesOf } from '../../http/stores.ts'
import { body } from '../../http/validation.ts'
import { ADMINS } from '../accounts/accounts.routes.ts'
import { resetPassword } from './password-reset.service.ts'
import { updatePassword } from './passwords.service.ts'

const passwordChangeBody = () =>
  z
    .strictObject({
      // An empty one is as wrong as any other, and told with what is wrong with the rest.
      current_password: text().max(1024),
      password: text().min(1),
      password_confirmation: text().min(1),
    })
    .transform((input) => ({
      currentPassword: input.current_password,
      password: input.password,
      confirmation: input.password_confirmation,
    }))

const UPDATED = adminAnswer(200, 'Password updated successfully', adminObject)
const RESET = adminAnswer(200, 'Password reset successfully', adminObject)

const describes = describing(ADMINS)

/** `/admin/update_password` and `/admin/reset_password/:id`. */
export const passwordsRoutes = new Hono<AdminEnv>()
  .post(
    '/update_password',
    describes(() => ({
      id: 'changeOwnPassword',
      summary: 'Change the own password',
      description:
        'At least 15 characters, none of which has to be of any kind. Every other session ends. A wrong current password counts as a failed login.',
      answers: [UPDATED],
      errors: ['throttled'],
    })),
    requires('self:password'),
    body(passwordChangeBody),
    async (c) => {
      const { actor, now } = c.var
      setTarget(c.var.facts, 'admin', `${actor.adminId}`)
      const change = c.req.valid('json')
      const account = await updatePassword(storesOf(c), c.var.facts, actor, change, now())
      const data = presentAdmin(account, now())
      setChanges(c.var.facts, 'admin', {
        before: presentAdmin(actor.admin, now()),
        after: { ...data, password: true },
      })
      return UPDATED.of(c, data)
    },
  )
  .post(
    '/reset_password/:id{[0-9]+}',
    describes(() => ({
      id: 'resetAdminPassword',
      summary: 'Give an account a random password, by mail',
      description:
        'It is valid for 72 hours. All sessions and API keys that the account ever made end, and it is unlocked.',
      answers: [RESET],
      errors: ['admin_unknown', 'self_action', 'throttled', 'mail_unavailable'],
    })),
    requires('admins:manage'),
    async (c) => {
      const { actor, now } = c.var
      const id = c.req.param('id')
      const { before, after } = await resetPassword(storesOf(c), actor, id, now)
      const told = { before: toldAdmin(before, now()), after: toldAdmin(after, now()) }
      setChanges(c.var.facts, 'admin', { ...told, after: { ...told.after, password: true } })
      return RESET.of(c, presentAdmin(after, now()))
    },
  )
