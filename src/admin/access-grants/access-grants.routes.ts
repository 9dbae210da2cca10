import { Hono } from 'hono'
import type { AdminEnv } from '../../auth/callers/staff-caller.ts'
import { grantObject, notedGrant } from '../../auth/grants/grant-object.ts'
import { ownerToList } from '../../auth/reach.ts'
import { requires, requiresToChange } from '../../auth/requires.ts'
import { once } from '../../base/once.ts'
import { describing, type Part } from '../../http/annotations.ts'
import { adminAnswer, adminPage } from '../../http/answers.ts'
import { setTarget } from '../../http/context.ts'
import { textValue } from '../../http/fields/values.ts'
import { storesOf } from '../../http/stores.ts'
import { body, query } from '../../http/validation.ts'
import { askForAccess } from './asking.service.ts'
import { askBody, grantsQuery } from './grant-input.ts'
import { issueGrantKey } from './grant-keys.service.ts'
import { endGrant, getGrant, listGrants } from './grants.service.ts'

const keyedGrant = once(() =>
  grantObject()
    .extend({ key: textValue('stw_admin_...') })
    .meta({ id: 'KeyedAccessGrant' }),
)

const askedGrant = once(() => keyedGrant().partial({ key: true }).meta({ id: 'NewAccessGrant' }))

const REQUESTED = adminAnswer(201, 'Access grant requested successfully', askedGrant)
const RETRIEVED = adminPage('Access grants retrieved successfully', grantObject)
const GRANT_RETRIEVED = adminAnswer(200, 'Access grant retrieved successfully', grantObject)
const KEY_CREATED = adminAnswer(201, 'Access grant key created successfully', keyedGrant)
const ENDED = adminAnswer(200, 'Access grant ended successfully', grantObject)

export const ACCESS_GRANTS = {
  name: 'Access grants',
  description: 'Access of people to one customer, for a reason and a time, in which others have a say.',
  parameters: {
    id: { description: 'The id of an access grant.', examples: ['gra_4fJq0ZkPz7Xn2wB9sVtYcD'] },
  },
} satisfies Part

const describes = describing(ACCESS_GRANTS)

/** `/admin/access_grants`: what somebody asks for, gets and ends. */
export const accessGrantsRoutes = new Hono<AdminEnv>()
  .post(
    '/access_grants',
    describes(() => ({
      id: 'requestAccess',
      summary: 'Ask for access to a customer',
      description:
        'Where nobody else has a say, access begins at once, and the answer has its key: an admin API key for the endpoints of this one customer, with the reason of the grant, until the grant or your session ends. A break-glass, of a super_admin, asks nobody, lasts an hour at most, is mailed to the customer and all super_admins, and has to be reviewed.',
      answers: [REQUESTED],
      errors: ['forbidden', 'customer_unknown', 'customer_inactive', 'access_closed', 'grant_exists'],
    })),
    requiresToChange('access_grants:ask'),
    body(askBody),
    async (c) => {
      const { actor, facts, now } = c.var
      const ask = c.req.valid('json')
      setTarget(facts, 'customer', ask.customerUid)
      facts.reason = ask.reason
      const grant = await askForAccess(storesOf(c), actor, ask, now())
      return REQUESTED.of(c, notedGrant(facts, { before: null, after: grant }))
    },
  )
  .get(
    '/access_grants',
    describes(() => ({
      id: 'listAccessGrants',
      summary: 'List access grants',
      description: 'Returns your grants, newest first; a super_admin or admin gets those of everyone.',
      answers: [RETRIEVED],
    })),
    requires('access_grants:read'),
    query(grantsQuery),
    async (c) => {
      const { db, reach, now } = c.var
      const { customer_uid: customerUid, admin_id: adminId, status, review, ...page } = c.req.valid('query')
      const filter = { customerUid, status, review }
      const found = await listGrants(db, ownerToList(reach, adminId), filter, page, now())
      return RETRIEVED.of(c, found)
    },
  )
  .get(
    '/access_grants/:id',
    describes(() => ({
      id: 'getAccessGrant',
      summary: 'Get an access grant',
      description: 'Returns a grant of yours; a super_admin or admin gets any.',
      answers: [GRANT_RETRIEVED],
      errors: ['grant_unknown'],
    })),
    requires('access_grants:read'),
    async (c) => {
      const { db, reach, now } = c.var
      const grant = await getGrant(db, reach.owner, c.req.param('id'), now())
      return GRANT_RETRIEVED.of(c, grant)
    },
  )
  .post(
    '/access_grants/:id/key',
    describes(() => ({
      id: 'createAccessGrantKey',
      summary: 'Get the key of an access grant',
      description:
        'Gives you the key of an active grant of yours, which ends with the grant and with the session that got it. The key that you got before ends.',
      answers: [KEY_CREATED],
      errors: ['grant_unknown', 'grant_inactive'],
    })),
    requiresToChange('access_grants:own'),
    async (c) => {
      const { actor, facts, now } = c.var
      const grant = await issueGrantKey(storesOf(c), actor, c.req.param('id'), now())
      return KEY_CREATED.of(c, notedGrant(facts, { before: { ...grant, key: null }, after: grant }))
    },
  )
  .post(
    '/access_grants/:id/end',
    describes(() => ({
      id: 'endAccessGrant',
      summary: 'End an access grant',
      description:
        'Ends a grant of yours, or withdraws what you asked for; a super_admin may end any. Its key is refused from the next request on. A grant that is over stays as it is.',
      answers: [ENDED],
      errors: ['grant_unknown'],
    })),
    requiresToChange('access_grants:end'),
    async (c) => {
      const { actor, reach, facts, now } = c.var
      const change = await endGrant(storesOf(c), { actor, reach }, c.req.param('id'), now())
      return ENDED.of(c, notedGrant(facts, change))
    },
  )
