import { Hono } from 'hono'
import * as z from 'zod'
import { clearSessionCookie } from '../../auth/callers/session-cookie.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { requiresToChange } from '../../auth/requires.ts'
import { describing } from '../../http/annotations.ts'
import { adminAnswer } from '../../http/answers.ts'
import { storesOf } from '../../http/stores.ts'
import { ADMINS } from '../accounts/accounts.routes.ts'
import { endOwnSession } from '../sessions/sessions.service.ts'

const USER_SESSION_INVALIDATED = adminAnswer(200, 'User session invalidated', z.null)

const describes = describing(ADMINS)

/** `/admin/logout`. */
export const logoutRoutes = new Hono<AdminEnv>().post(
  '/logout',
  describes(() => ({
    id: 'logout',
    summary: 'Log out',
    description:
      'Ends the session that the call is made with, and the keys of access grants that it got. A browser forgets its cookie.',
    answers: [USER_SESSION_INVALIDATED],
  })),
  requiresToChange('session:end'),
  async (c) => {
    const { actor, now } = c.var
    await endOwnSession(storesOf(c), actor, actor.sessionId, now())
    if (actor.clientId === null) clearSessionCookie(c)
    return USER_SESSION_INVALIDATED.of(c, null)
  },
)
