import { Hono } from 'hono'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { grantObject, notedGrant } from '../../auth/grants/grant-object.ts'
import { requiresToChange } from '../../auth/requires.ts'
import { describing } from '../../http/annotations.ts'
import { adminAnswer } from '../../http/answers.ts'
import { storesOf } from '../../http/stores.ts'
import { body } from '../../http/validation.ts'
import { ACCESS_GRANTS } from './access-grants.routes.ts'
import { decideAsColleague, reviewGrant } from './decisions.service.ts'
import { approvalBody, commentBody } from './grant-input.ts'

const APPROVED = adminAnswer(200, 'Access grant approved successfully', grantObject)
const DECLINED = adminAnswer(200, 'Access grant declined successfully', grantObject)
const REVIEWED = adminAnswer(200, 'Access grant reviewed successfully', grantObject)

const describes = describing(ACCESS_GRANTS)

/** `/admin/access_grants/:id/approve`, `.../decline` and `.../review`: what colleagues say to a grant. */
export const grantDecisionsRoutes = new Hono<AdminEnv>()
  .post(
    '/access_grants/:id/approve',
    describes(() => ({
      id: 'approveAccessGrant',
      summary: 'Approve an access grant',
      description:
        'Says yes for the colleagues. Access begins if the customer has no say, or said yes. Nobody approves what they asked for themselves, nor what the policy of the customer lets nobody in by.',
      answers: [APPROVED],
      errors: ['grant_unknown', 'self_action', 'grant_not_waiting', 'access_closed', 'consent_required'],
    })),
    requiresToChange('access_grants:decide'),
    body(approvalBody),
    async (c) => {
      const { actor, now } = c.var
      const say = { decision: 'approved', comment: c.req.valid('json').comment ?? null } as const
      const change = await decideAsColleague(storesOf(c), actor, c.req.param('id'), say, now())
      return APPROVED.of(c, notedGrant(c.var.facts, change))
    },
  )
  .post(
    '/access_grants/:id/decline',
    describes(() => ({
      id: 'declineAccessGrant',
      summary: 'Decline an access grant',
      description: 'Says no for the colleagues, which is the end of the grant.',
      answers: [DECLINED],
      errors: ['grant_unknown', 'self_action', 'grant_not_waiting'],
    })),
    requiresToChange('access_grants:decide'),
    body(commentBody),
    async (c) => {
      const { actor, now } = c.var
      const say = { decision: 'declined', comment: c.req.valid('json').comment } as const
      const change = await decideAsColleague(storesOf(c), actor, c.req.param('id'), say, now())
      return DECLINED.of(c, notedGrant(c.var.facts, change))
    },
  )
  .post(
    '/access_grants/:id/review',
    describes(() => ({
      id: 'reviewAccessGrant',
      summary: 'Review a break-glass',
      description: 'Puts down that you looked at what another super_admin did in an emergency.',
      answers: [REVIEWED],
      errors: ['grant_unknown', 'self_action', 'grant_not_waiting'],
    })),
    requiresToChange('access_grants:review'),
    body(commentBody),
    async (c) => {
      const { db, actor, now } = c.var
      const change = await reviewGrant(db, actor, c.req.param('id'), c.req.valid('json').comment, now())
      return REVIEWED.of(c, notedGrant(c.var.facts, change))
    },
  )
