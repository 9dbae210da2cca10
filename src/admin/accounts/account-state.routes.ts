import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { type Changed, setChanges } from '../../audit/recording/changes.ts'
import { type AdminAccount, adminObject, presentAdmin, toldAdmin } from '../../auth/accounts/account.ts'
import type { SessionActor } from '../../auth/actor.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { ROLES } from '../../auth/permissions.ts'
import { type ActorEnv, requires, requiresToChange } from '../../auth/requires.ts'
import { describing } from '../../http/annotations.ts'
import { adminAnswer } from '../../http/answers.ts'
import { storesOf } from '../../http/stores.ts'
import { body } from '../../http/validation.ts'
import {
  changeRole,
  disableAdmin,
  enableAdmin,
  revokeCredentials,
  sendUnlockLink,
} from './account-state.service.ts'
import { ADMINS } from './accounts.routes.ts'

const DISABLED = adminAnswer(200, 'Admin disabled successfully', adminObject)
const ENABLED = adminAnswer(200, 'Admin enabled successfully', adminObject)
const ROLE_UPDATED = adminAnswer(200, 'Role updated successfully', adminObject)
const CREDENTIALS_REVOKED = adminAnswer(200, 'Credentials revoked successfully', adminObject)
const UNLOCK_SENT = adminAnswer(200, 'Unlock email sent successfully', adminObject)

const describes = describing(ADMINS)

/**
 * `/admin/disable/:id`, `.../enable/:id`, `.../role/:id`, `.../revoke_credentials/:id` and `.../unlock/:id`:
 * administration of other accounts by a super_admin.
 */
export const accountStateRoutes = new Hono<AdminEnv>()
  .post(
    '/disable/:id{[0-9]+}',
    describes(() => ({
      id: 'disableAdmin',
      summary: 'Disable an account',
      description:
        'Its sessions and access grants end, and its API keys are refused from the next request on.',
      answers: [DISABLED],
      errors: ['admin_unknown', 'self_action', 'last_super_admin'],
    })),
    requiresToChange('admins:manage'),
    async (c) => {
      const { actor, now } = c.var
      const account = noteChange(c, await disableAdmin(storesOf(c), actor, c.req.param('id'), now()))
      return DISABLED.of(c, presentAdmin(account, now()))
    },
  )
  .post(
    '/enable/:id{[0-9]+}',
    describes(() => ({
      id: 'enableAdmin',
      summary: 'Enable an account',
      description: 'Lets its owner log in again. The sessions that it had stay ended.',
      answers: [ENABLED],
      errors: ['admin_unknown'],
    })),
    requiresToChange('admins:manage'),
    async (c) => {
      const account = noteChange(c, await enableAdmin(c.var.db, c.req.param('id')))
      return ENABLED.of(c, presentAdmin(account, c.var.now()))
    },
  )
  .post(
    '/role/:id{[0-9]+}',
    describes(() => ({
      id: 'changeAdminRole',
      summary: 'Give an account another role',
      description:
        'Its sessions and access grants end; its API keys can do no more than the new role from the next request on.',
      answers: [ROLE_UPDATED],
      errors: ['admin_unknown', 'self_action', 'last_super_admin'],
    })),
    requiresToChange('admins:empower'),
    body(() => z.strictObject({ role: z.enum(ROLES) })),
    async (c) => {
      const { actor, now } = c.var
      const { role } = c.req.valid('json')
      const account = noteChange(c, await changeRole(storesOf(c), actor, c.req.param('id'), role, now()))
      return ROLE_UPDATED.of(c, presentAdmin(account, now()))
    },
  )
  .post(
    '/revoke_credentials/:id{[0-9]+}',
    describes(() => ({
      id: 'revokeAdminCredentials',
      summary: 'End all sessions, keys and access grants of an account',
      description:
        'All that it ever made is refused from the next request on. Its password and second factors stay, and a passkey logs in by itself: where somebody else has them, reset them.',
      answers: [CREDENTIALS_REVOKED],
      errors: ['admin_unknown', 'self_action'],
    })),
    requiresToChange('admins:empower'),
    async (c) => {
      const { actor, now } = c.var
      const account = noteChange(c, await revokeCredentials(storesOf(c), actor, c.req.param('id'), now()))
      return CREDENTIALS_REVOKED.of(c, presentAdmin(account, now()))
    },
  )
  .post(
    '/unlock/:id{[0-9]+}',
    describes(() => ({
      id: 'mailUnlockLink',
      summary: 'Mail the owner of a locked account a link that unlocks it',
      description: 'The link works once, for an hour. The account stays locked until it is followed.',
      answers: [UNLOCK_SENT],
      errors: ['admin_unknown', 'not_locked', 'mail_unavailable'],
    })),
    requires('admins:manage'),
    async (c) => {
      const account = await sendUnlockLink(storesOf(c), c.req.param('id'), c.var.now())
      return UNLOCK_SENT.of(c, presentAdmin(account, c.var.now()))
    },
  )

/** Records the changes of an account. Returns the account after them. */
function noteChange(
  c: Context<ActorEnv<SessionActor>>,
  { before, after }: Changed<AdminAccount>,
): AdminAccount {
  const { now } = c.var
  setChanges(c.var.facts, 'admin', { before: toldAdmin(before, now()), after: toldAdmin(after, now()) })
  return after
}
