import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { setChanges } from '../../audit/recording/changes.ts'
import type { SessionActor } from '../../auth/actor.ts'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { type ActorEnv, requiresToChange, requiresToRead } from '../../auth/requires.ts'
import { ACCOUNT_REQUEST_STATUSES } from '../../db/schema/grants.ts'
import { FIELD_TEXT, invalidField } from '../../errors.ts'
import { describing } from '../../http/annotations.ts'
import { adminAnswer, adminPage } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { explanation, uid } from '../../http/fields/inputs.ts'
import { pageQuery } from '../../http/pagination.ts'
import { body, query } from '../../http/validation.ts'
import {
  accountRequestObject,
  getRequest,
  listRequests,
  type RequestKind,
  toldRequest,
} from './account-request-records.service.ts'
import { createRequest, type NewRequest } from './account-requests.service.ts'
import { ACCOUNT_REQUESTS, decisionRoutes } from './decisions.routes.ts'

const describes = describing(ACCOUNT_REQUESTS)

const listQuery = () => pageQuery().extend({ status: z.enum(ACCOUNT_REQUEST_STATUSES).optional() })

type ActingContext = Context<ActorEnv<SessionActor>>

/** Creates a request of the admin who calls, on record. */
async function create(c: ActingContext, request: NewRequest) {
  const { db, actor, now, facts } = c.var
  setTarget(facts, 'customer', request.customerUid)
  const made = await createRequest(db, actor, request, now())
  setTarget(facts, 'account_request', `${made.id}`)
  setChanges(facts, 'account_request', { before: null, after: toldRequest(made) })
  return made
}

/** Lists and single requests of a kind. */
function readingRoutes<const Name extends 'Disable' | 'Enable'>(name: Name, kind: RequestKind) {
  const RETRIEVED = adminPage(`${name}-requests retrieved successfully`, accountRequestObject)
  const FOUND = adminAnswer(200, `${name}-request retrieved successfully`, accountRequestObject)
  return new Hono<AdminEnv>()
    .get(
      '/',
      describes(() => ({
        id: `list${name}Requests`,
        summary: `List the ${kind}-requests`,
        description: 'Newest first, decided ones too.',
        answers: [RETRIEVED],
      })),
      requiresToRead('account_requests:read'),
      query(listQuery),
      async (c) => {
        const { status, ...page } = c.req.valid('query')
        return RETRIEVED.of(c, await listRequests(c.var.reader, kind, status, page))
      },
    )
    .get(
      '/:id',
      describes(() => ({
        id: `get${name}Request`,
        summary: `Get one of the ${kind}-requests`,
        description: 'With the customer as it is now, and who asked.',
        answers: [FOUND],
        errors: ['account_request_unknown'],
      })),
      requiresToRead('account_requests:read'),
      async (c) => {
        const found = await getRequest(c.var.reader, kind, c.req.param('id'))
        c.var.facts.customerUid = found.user.customer_uid
        return FOUND.of(c, found)
      },
    )
}

const DISABLE_CREATED = adminAnswer(201, 'Disable-request created successfully', accountRequestObject)
const ENABLE_CREATED = adminAnswer(201, 'Enable-request created successfully', accountRequestObject)

/** `/admin/disable_requests` and `/admin/enable_requests`. */
export const accountRequestsRoutes = new Hono<AdminEnv>()
  .post(
    '/disable_requests',
    describes(() => ({
      id: 'createDisableRequest',
      summary: 'Ask to have a customer disabled',
      description: 'Nothing changes until a super_admin approves.',
      answers: [DISABLE_CREATED],
      errors: ['customer_unknown', 'customer_pending_delete', 'user_disabled', 'account_request_pending'],
    })),
    requiresToChange('account_requests:create'),
    body(() => z.strictObject({ user_id: uid(), reason: explanation() })),
    async (c) => {
      const { user_id: customerUid, reason } = c.req.valid('json')
      return DISABLE_CREATED.of(c, await create(c, { kind: 'disable', customerUid, reason }))
    },
  )
  .post(
    '/enable_requests/:id',
    describes(() => ({
      id: 'createEnableRequest',
      summary: 'Ask to have a disabled customer enabled',
      description: 'Nothing changes until a super_admin approves.',
      parameters: { id: { description: 'The uid of the customer.', examples: ['xj35478ymfe15'] } },
      answers: [ENABLE_CREATED],
      errors: ['customer_unknown', 'customer_pending_delete', 'user_not_disabled', 'account_request_pending'],
    })),
    requiresToChange('account_requests:create'),
    body(() => z.strictObject({ reason: explanation(), user_id: uid().optional() })),
    async (c) => {
      const { reason, user_id: alsoSent } = c.req.valid('json')
      const customerUid = c.req.param('id')
      if (alsoSent !== undefined && alsoSent !== customerUid)
        throw invalidField('user_id', FIELD_TEXT.invalid)
      return ENABLE_CREATED.of(c, await create(c, { kind: 'enable', customerUid, reason }))
    },
  )
  .route('/disable_requests', readingRoutes('Disable', 'disable'))
  .route('/disable_requests', decisionRoutes('Disable', 'disable'))
  .route('/enable_requests', readingRoutes('Enable', 'enable'))
  .route('/enable_requests', decisionRoutes('Enable', 'enable'))
