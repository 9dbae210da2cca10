import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { setChanges } from '../../audit/recording/changes.ts'
import type { SessionActor } from '../../auth/actor.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { type ActorEnv, requiresToChange } from '../../auth/requires.ts'
import { describing, type Part } from '../../http/annotations.ts'
import { adminAnswer } from '../../http/answers.ts'
import { explanation } from '../../http/fields/inputs.ts'
import { body } from '../../http/validation.ts'
import { accountRequestObject, type RequestKind, toldRequest } from './account-request-records.service.ts'
import { type Decision, decideRequest } from './account-requests.service.ts'

export const ACCOUNT_REQUESTS = {
  name: 'Disable- and enable-requests',
  description:
    'Four eyes over a customer’s account: customer_success asks to have it disabled or enabled, a super_admin decides.',
  parameters: {
    id: { description: 'The id of a request.', examples: ['52'] },
  },
} satisfies Part

const decisionBody = () => z.strictObject({ comment: explanation() })

const describes = describing(ACCOUNT_REQUESTS)

/** Approval and refusal of the requests of a kind. */
export function decisionRoutes<const Name extends 'Disable' | 'Enable'>(name: Name, kind: RequestKind) {
  const APPROVED = adminAnswer(200, `${name}-request approved successfully`, accountRequestObject)
  const DECLINED = adminAnswer(200, `${name}-request declined successfully`, accountRequestObject)
  return new Hono<AdminEnv>()
    .post(
      '/approve/:id',
      describes(() => ({
        id: `approve${name}Request`,
        summary: `Approve one of the ${kind}-requests`,
        description: `The customer is ${kind}d in the same moment. Nobody approves what they asked for themselves.`,
        answers: [APPROVED],
        errors: [
          'account_request_unknown',
          'account_request_decided',
          'self_action',
          'customer_pending_delete',
        ],
      })),
      requiresToChange('account_requests:decide'),
      body(decisionBody),
      async (c) => {
        const { comment } = c.req.valid('json')
        return APPROVED.of(c, await decide(c, { kind, id: c.req.param('id'), decision: 'approved', comment }))
      },
    )
    .post(
      '/decline/:id',
      describes(() => ({
        id: `decline${name}Request`,
        summary: `Decline one of the ${kind}-requests`,
        description: 'The customer stays as it is.',
        answers: [DECLINED],
        errors: ['account_request_unknown', 'account_request_decided', 'self_action'],
      })),
      requiresToChange('account_requests:decide'),
      body(decisionBody),
      async (c) => {
        const { comment } = c.req.valid('json')
        return DECLINED.of(c, await decide(c, { kind, id: c.req.param('id'), decision: 'declined', comment }))
      },
    )
}

/** Decides a request, on record with what that changed of the customer. */
async function decide(c: Context<ActorEnv<SessionActor>>, decision: Decision) {
  const { db, actor, now, facts } = c.var
  const { before, after } = await decideRequest(db, actor, decision, now())
  facts.customerUid = after.user.customer_uid
  setChanges(facts, 'account_request', { before: toldRequest(before), after: toldRequest(after) })
  return after
}
