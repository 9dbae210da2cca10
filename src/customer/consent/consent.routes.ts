import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { tellDecision } from '../../auth/grants/notices.ts'
import { noteChange } from '../../auth/on-record.ts'
import { type CustomerEnv, requiresCustomer } from '../../auth/requires-customer.ts'
import { SUPPORT_ACCESS } from '../../db/schema/customers.ts'
import type { Decision } from '../../db/schema/grants.ts'
import { describing, type Part } from '../../http/annotations.ts'
import { customerAnswer, customerChange, customerPage } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { pageQuery } from '../../http/pagination.ts'
import { storesOf } from '../../http/stores.ts'
import { body, query } from '../../http/validation.ts'
import {
  decideAccessRequest,
  endAccess,
  listAccessRequests,
  listCurrentGrants,
  sayOf,
} from './consent.service.ts'
import {
  accessRequestObject,
  currentGrantObject,
  decidedRequestObject,
  endedGrantObject,
  type GrantRow,
  toldGrant,
} from './grant-records.service.ts'
import { getPolicy, policyObject, setPolicy } from './policy.service.ts'

const POLICY = customerAnswer(() => ({ support_access: policyObject() }))
const REQUESTS = customerPage('access_requests', accessRequestObject)
const APPROVED = customerChange(200, 'Access request approved successfully', () => ({
  access_request: decidedRequestObject(),
}))
const DECLINED = customerChange(200, 'Access request declined successfully', () => ({
  access_request: decidedRequestObject(),
}))
const GRANTS = customerPage('access_grants', currentGrantObject)
const ENDED = customerChange(200, 'Access ended successfully', () => ({ access_grant: endedGrantObject() }))

export const CONSENT = {
  name: 'Support access',
  description:
    'The customer’s say over who of staff acts for it. For its own keys only, and what it decides is on record.',
  parameters: { uid: { description: 'The uid of an access request or grant.', examples: ['xj35478ymfe15'] } },
} satisfies Part

const describes = describing(CONSENT)

const READING = { ownKeyOnly: true } as const
const DECIDING = { ownKeyOnly: true, recordsOwn: true, target: 'access_grant' } as const

/** Puts down a decision, and has who asked told of it: once, however often the request is repeated. */
async function decide(c: Context<CustomerEnv>, uid: string, decision: Decision) {
  const { customer, facts, now } = c.var
  const at = now()
  const stores = storesOf(c)
  const { before, after, request } = await decideAccessRequest(customer, stores, { uid, decision }, at)
  noteGrantChange(c, before, after)
  if (!facts.replayed) stores.later('tell_decision', tellDecision(stores, after.id, sayOf(decision), at))
  return request
}

function noteGrantChange(c: Context<CustomerEnv>, before: GrantRow, after: GrantRow): void {
  noteChange(c.var.facts, 'access_grant', { before: toldGrant(before), after: toldGrant(after) })
}

/** `/account/support_access`, `/access_requests` and `/access_grants`: what the customer has to say on support. */
export const consentRoutes = new Hono<CustomerEnv>()
  .get(
    '/account/support_access',
    describes(() => ({
      id: 'getSupportAccess',
      summary: 'Get the own policy for support access',
      description: 'It is `open` until another one is chosen.',
      answers: [POLICY],
    })),
    requiresCustomer(READING),
    async (c) => POLICY.of(c, { support_access: await getPolicy(c.var.customer) }),
  )
  .put(
    '/account/support_access',
    describes(() => ({
      id: 'setSupportAccess',
      summary: 'Choose the own policy for support access',
      description:
        'Every request of staff is held to it from the next one on. `open`: they may act for you. `notify`: they may, and you are mailed when access begins. `ask`: each access waits for your approval. `closed`: nobody gets in but in an emergency, of which you are mailed.',
      answers: [POLICY],
    })),
    requiresCustomer({ ownKeyOnly: true, recordsOwn: true }),
    body(() => z.strictObject({ policy: z.enum(SUPPORT_ACCESS) })),
    async (c) => {
      const { customer, facts, now } = c.var
      const { before, after } = await setPolicy(customer, c.req.valid('json').policy, now())
      setTarget(facts, 'customer', customer.uid)
      const told = ({ policy }: typeof after) => ({ support_access: policy })
      noteChange(facts, 'customer', { before: told(before), after: told(after) })
      return POLICY.of(c, { support_access: after })
    },
  )
  .get(
    '/access_requests',
    describes(() => ({
      id: 'listAccessRequests',
      summary: 'List the requests for access that wait for you',
      description: 'Newest first. One that is not decided lapses.',
      answers: [REQUESTS],
    })),
    requiresCustomer(READING),
    query(pageQuery),
    async (c) => {
      const { customer, now } = c.var
      const page = c.req.valid('query')
      return REQUESTS.of(c, await listAccessRequests(customer, storesOf(c), page, now()))
    },
  )
  .post(
    '/access_requests/:uid/approve',
    describes(() => ({
      id: 'approveAccessRequest',
      summary: 'Approve a request for access',
      description:
        'Access begins with it, unless a colleague of who asked has a say too, and ends by itself after the time that was asked for. Under `closed` nothing can be approved.',
      answers: [APPROVED],
      errors: ['grant_unknown', 'grant_not_waiting', 'access_closed'],
    })),
    requiresCustomer(DECIDING),
    async (c) => APPROVED.of(c, { access_request: await decide(c, c.req.param('uid'), 'approved') }),
  )
  .post(
    '/access_requests/:uid/decline',
    describes(() => ({
      id: 'declineAccessRequest',
      summary: 'Decline a request for access',
      description: 'Nobody gets in by it.',
      answers: [DECLINED],
      errors: ['grant_unknown', 'grant_not_waiting'],
    })),
    requiresCustomer(DECIDING),
    async (c) => DECLINED.of(c, { access_request: await decide(c, c.req.param('uid'), 'declined') }),
  )
  .get(
    '/access_grants',
    describes(() => ({
      id: 'listCurrentAccess',
      summary: 'List who of staff has access now',
      description: 'Newest first. What was done under it is in the access log.',
      answers: [GRANTS],
    })),
    requiresCustomer(READING),
    query(pageQuery),
    async (c) => {
      const { customer, now } = c.var
      const page = c.req.valid('query')
      return GRANTS.of(c, await listCurrentGrants(customer, storesOf(c), page, now()))
    },
  )
  .delete(
    '/access_grants/:uid',
    describes(() => ({
      id: 'endAccess',
      summary: 'End access that staff have now',
      description: 'Refused from the next request on.',
      answers: [ENDED],
      errors: ['grant_unknown'],
    })),
    requiresCustomer(DECIDING),
    async (c) => {
      const { customer, now } = c.var
      const { before, after, grant } = await endAccess(customer, storesOf(c), c.req.param('uid'), now())
      noteGrantChange(c, before, after)
      return ENDED.of(c, { access_grant: grant })
    },
  )
