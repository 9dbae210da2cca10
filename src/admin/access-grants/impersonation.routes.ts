import { Hono } from 'hono'
import { setChanges } from '../../audit/recording/changes.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { requiresToChange, requiresToRead } from '../../auth/requires.ts'
import { describing } from '../../http/annotations.ts'
import { adminAnswer } from '../../http/answers.ts'
import { body } from '../../http/validation.ts'
import { ACCESS_GRANTS } from './access-grants.routes.ts'
import { stopBody } from './grant-input.ts'
import {
  getImpersonation,
  impersonationObject,
  startImpersonation,
  stopImpersonation,
} from './impersonation.service.ts'

const RETRIEVED = adminAnswer(200, 'Impersonation retrieved successfully', impersonationObject)
const STOPPED = adminAnswer(200, 'Impersonation stopped successfully', impersonationObject)
const STARTED = adminAnswer(200, 'Impersonation started successfully', impersonationObject)

const describes = describing(ACCESS_GRANTS)

/** `/admin/impersonation`: the switch that keeps everybody from acting for customers. */
export const impersonationRoutes = new Hono<AdminEnv>()
  .get(
    '/impersonation',
    describes(() => ({
      id: 'getImpersonation',
      summary: 'Tell whether impersonation is stopped',
      description: 'Returns whether anybody may act for customers; if not, who stopped it, when and why.',
      answers: [RETRIEVED],
    })),
    requiresToRead('impersonation:read'),
    async (c) => RETRIEVED.of(c, await getImpersonation(c.var.reader)),
  )
  .post(
    '/impersonation/stop',
    describes(() => ({
      id: 'stopImpersonation',
      summary: 'Stop all impersonation',
      description:
        'Refuses every request on behalf of a customer, with whatever key, from the next one on and everywhere. Customers are served. Doing it twice changes nothing.',
      answers: [STOPPED],
    })),
    requiresToChange('impersonation:switch'),
    body(stopBody),
    async (c) => {
      const { db, actor, facts, now } = c.var
      const change = await stopImpersonation(db, actor.adminId, c.req.valid('json').reason, now())
      setChanges(facts, 'impersonation', change)
      return STOPPED.of(c, change.after)
    },
  )
  .post(
    '/impersonation/start',
    describes(() => ({
      id: 'startImpersonation',
      summary: 'Let people act for customers again',
      description: 'Ends the stop. Grants that are not over and keys work again.',
      answers: [STARTED],
    })),
    requiresToChange('impersonation:switch'),
    async (c) => {
      const change = await startImpersonation(c.var.db)
      setChanges(c.var.facts, 'impersonation', change)
      return STARTED.of(c, change.after)
    },
  )
