import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { accessGrants } from '../../../src/db/schema/grants.ts'
import { adminApiKeys } from '../../../src/db/schema/staff.ts'
import { mailsTo, mailTo } from '../../support/bindings/mail.ts'
import { type Answer, customerWithCallers, loggedIn } from '../../support/calls/http.ts'
import { pagesOf } from '../../support/calls/pages.ts'
import { database, makeCustomer, makeGrant } from '../../support/factories.ts'
import { recordsOf } from '../../support/trail/audit.ts'
import { UNKNOWN_UID } from '../../support/unknown.ts'

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const STAFF = expect.stringMatching(/^staff_[\w-]{22}$/)
const REASON = 'The import shows contacts twice'

let customer: Awaited<ReturnType<typeof customerWithCallers>>
let person: Awaited<ReturnType<typeof loggedIn>>

beforeEach(async () => {
  customer = await customerWithCallers()
  person = await loggedIn('customer_success')
})

const setPolicy = (policy: unknown) =>
  customer.own('/account/support_access', { method: 'PUT', body: { policy } })
const ask = (more: Record<string, unknown> = {}) =>
  person.call('/admin/access_grants', { body: { customer_uid: customer.uid, reason: REASON, ...more } })
const waiting = async () => (await customer.own('/access_requests')).json.access_requests
const current = async () => (await customer.own('/access_grants')).json.access_grants
const decide = (uid: string, decision: 'approve' | 'decline', headers = {}) =>
  customer.own(`/access_requests/${uid}/${decision}`, { method: 'POST', headers })
const end = (uid: string) => customer.own(`/access_grants/${uid}`, { method: 'DELETE' })
const withdraw = (id: string) => person.call(`/admin/access_grants/${id}/end`, { method: 'POST' })
const shownToStaff = async (id: string) => (await person.call(`/admin/access_grants/${id}`)).json.data

/** Has the customer asked: the id of the grant, and the uid of the request. */
async function asked(more = {}) {
  await setPolicy('ask')
  const { id } = (await ask(more)).json.data
  const [{ uid }] = await waiting()
  return { id, uid }
}

describe('the policy', () => {
  test('is open until the customer chooses, and is what it chose then', async () => {
    const path = '/account/support_access'
    expect((await customer.own(path)).json).toEqual({
      status: 'success',
      support_access: { policy: 'open', updated_at: null },
    })
    for (const policy of ['notify', 'ask', 'closed', 'open']) {
      const answer = await setPolicy(policy)
      expect(answer.json).toEqual({ status: 'success', support_access: { policy, updated_at: TIME } })
      expect((await customer.own(path)).json).toEqual(answer.json)
      const shown = await person.call(`/admin/customers/${customer.uid}`)
      expect(shown.json.data.support_access).toBe(policy)
    }
  })

  test('the same again changes nothing', async () => {
    const first = await setPolicy('ask')
    expect((await setPolicy('ask')).json).toEqual(first.json)
  })

  test.each([
    { policy: 'always', text: 'is not included in the list' },
    { policy: null, text: "can't be blank" },
    { policy: ['ask'], text: 'is not included in the list' },
  ])('$policy is none', async ({ policy, text }) => {
    expect(await setPolicy(policy)).toMatchObject({ status: 422, json: { errors: { policy: [text] } } })
    expect((await customer.own('/account/support_access')).json.support_access.policy).toBe('open')
  })

  test('a choice is on record as the customer’s, and not in the log of what staff did', async () => {
    const answer = await setPolicy('closed')
    const records = await recordsOf([answer])
    expect(records).toMatchObject([{ stage: 'received' }, { stage: 'completed' }])
    expect(records.at(-1)).toMatchObject({
      actor_type: 'customer',
      admin_id: null,
      customer_uid: customer.uid,
      target_type: 'customer',
      target_id: customer.uid,
      changes: { support_access: ['open', 'closed'] },
    })
    expect(answer.headers.get('X-Audit-Id')).toBe(records[0]?.id)
    const log = await customer.own('/access_log')
    expect(log.json).toMatchObject({ entries: [], pagination: { total: 0 } })
  })

  test('counts from the next request on, for whatever key', async () => {
    expect((await customer.impersonated('/lists')).status).toBe(200)
    await setPolicy('ask')
    expect(await customer.impersonated('/lists')).toMatchObject({
      status: 403,
      json: { code: 'consent_required' },
    })
    await setPolicy('notify')
    expect((await customer.impersonated('/lists')).status).toBe(200)
  })
})

describe('a request for access', () => {
  test('waits for the customer, who sees who asks for what and why, under a pseudonym', async () => {
    await setPolicy('ask')
    const grant = (await ask({ mode: 'read', duration_seconds: 1800, ticket: '4711' })).json.data
    expect(grant).toMatchObject({ status: 'pending', waits_for: ['customer'] })
    const listed = await customer.own('/access_requests')
    expect(listed.json).toEqual({
      status: 'success',
      access_requests: [
        {
          uid: expect.stringMatching(/^[a-z0-9]{13}$/),
          mode: 'read',
          reason: REASON,
          duration_seconds: 1800,
          requested_at: grant.requested_at,
          lapses_at: grant.lapses_at,
          staff: STAFF,
        },
      ],
      pagination: { page: 1, per_page: 20, total: 1, total_pages: 1, next_cursor: null },
    })
    expect(listed.text).not.toContain(grant.id)
    expect(listed.text).not.toContain(person.email)
  })

  test('approved, it begins; ended by the customer, the very next call is refused', async () => {
    const { id, uid } = await asked({ duration_seconds: 600 })
    const answer = await decide(uid, 'approve')
    expect(answer).toMatchObject({
      status: 200,
      json: {
        status: 'success',
        message: 'Access request approved successfully',
        access_request: { uid, decision: 'approved', reason: REASON, staff: STAFF },
      },
    })
    const { began_at, expires_at } = answer.json.access_request
    expect(Date.parse(expires_at) - Date.parse(began_at)).toBe(600_000)
    expect(await waiting()).toEqual([])
    const [grant] = await current()
    expect(grant).toEqual({ uid, mode: 'read', reason: REASON, began_at, expires_at, staff: STAFF })

    const { key } = (await person.call(`/admin/access_grants/${id}/key`, { method: 'POST' })).json.data
    const acting = (path: string) => customer.impersonated(path, { headers: { 'X-ADMIN-API-KEY': key } })
    const look = await acting('/lists')
    expect(look.status).toBe(200)
    const ended = await end(uid)
    expect(ended.json).toEqual({
      status: 'success',
      message: 'Access ended successfully',
      access_grant: { ...grant, ended_at: TIME },
    })
    expect((await acting('/lists')).status).toBe(401)
    expect(await current()).toEqual([])
    const keys = await database().select().from(adminApiKeys).where(eq(adminApiKeys.grantId, id))
    expect(keys).toMatchObject([{ revokedAt: expect.any(Number) }])
    expect(await shownToStaff(id)).toMatchObject({
      status: 'ended',
      ended_by: { by: 'customer', admin_id: null },
    })
    // The pseudonym is that of the access log.
    await recordsOf([look])
    const log = (await customer.own('/access_log')).json.entries
    expect(log.find(({ route }: { route: string }) => route === '/lists')?.admin.id).toBe(grant.staff)
  })

  test('declined, it is over, and who asked is mailed', async () => {
    const { id, uid } = await asked()
    const answer = await decide(uid, 'decline')
    expect(answer.json).toMatchObject({
      message: 'Access request declined successfully',
      access_request: { uid, decision: 'declined', began_at: null, expires_at: null },
    })
    expect(await shownToStaff(id)).toMatchObject({
      status: 'declined',
      decisions: [{ by: 'customer', decision: 'declined', admin_id: null, at: TIME }],
    })
    expect((await mailTo(person.email)).text).toContain('The customer declined the access')
  })

  test('a decision and an end are on record with who, before and after, and the grant', async () => {
    const { id, uid } = await asked()
    const answers = [await decide(uid, 'approve'), await end(uid)]
    const records = await recordsOf(answers)
    const noted = { grant_id: id, mode: 'read', customer_uid: customer.uid, target_id: id }
    expect(records).toMatchObject(Array(4).fill(noted))
    expect(records.filter(({ stage }) => stage === 'completed')).toMatchObject([
      {
        actor_type: 'customer',
        target_type: 'access_grant',
        changes: {
          status: ['pending', 'active'],
          decisions: [[], [{ by: 'customer', decision: 'approved', at: TIME }]],
        },
      },
      { changes: { status: ['active', 'ended'], ended_by: [null, { by: 'customer' }] } },
    ])
  })

  test('a decision that is refused is on record with the grant that staff know', async () => {
    const { id, uid } = await asked({ mode: 'read' })
    await withdraw(id)
    const refused = await decide(uid, 'approve')
    expect((await recordsOf([refused])).at(-1)).toMatchObject({
      status: 409,
      grant_id: id,
      mode: 'read',
      target_type: 'access_grant',
      target_id: id,
      changes: null,
    })
    expect(refused.text).not.toContain(id)
  })
})

test('a request cannot be approved where nobody gets in, but declined', async () => {
  const { id, uid } = await asked()
  await setPolicy('closed')
  const before = await shownToStaff(id)
  const headers = { 'Idempotency-Key': 'once' }
  for (const refused of [await decide(uid, 'approve', headers), await decide(uid, 'approve', headers)])
    expect(refused).toMatchObject({
      status: 403,
      json: { code: 'access_closed', error: 'The customer lets nobody of staff in' },
    })
  expect(await shownToStaff(id)).toEqual(before)
  expect((await decide(uid, 'decline')).status).toBe(200)
  expect((await shownToStaff(id)).status).toBe('declined')
})

describe.each<{ name: string; state: (id: string, uid: string) => Promise<unknown> }>([
  { name: 'approved', state: (_, uid) => decide(uid, 'approve') },
  { name: 'declined', state: (_, uid) => decide(uid, 'decline') },
  { name: 'withdrawn', state: (id) => withdraw(id) },
  {
    name: 'lapsed',
    state: (id) => database().update(accessGrants).set({ lapsesAt: 1 }).where(eq(accessGrants.id, id)),
  },
])('a request that is $name', ({ state }) => {
  test('waits no more: a decision is 409 and changes nothing', async () => {
    const { id, uid } = await asked()
    await state(id, uid)
    expect(await waiting()).toEqual([])
    const before = await shownToStaff(id)
    for (const decision of ['approve', 'decline'] as const)
      expect(await decide(uid, decision)).toMatchObject({
        status: 409,
        json: {
          code: 'grant_not_waiting',
          error: 'The access grant does not wait for this decision',
        },
      })
    expect(await shownToStaff(id)).toEqual(before)
  })
})

describe('what is not the customer’s to decide is not there', () => {
  const UNKNOWN = { status: 404, json: { code: 'grant_unknown', error: 'Access grant does not exist' } }

  test.each<{ name: string; uid: () => Promise<string> }>([
    { name: 'a uid that nothing has', uid: async () => UNKNOWN_UID },
    { name: 'the id of the admin surface', uid: async () => (await asked()).id },
    {
      name: 'a request at another customer',
      uid: async () => {
        const uid = 'zzzzzzzzzzzzz'
        const customerUid = (await makeCustomer()).uid
        await makeGrant({ adminId: person.adminId, customerUid, uid, needsCustomer: true })
        return uid
      },
    },
    {
      name: 'a request that waits for a colleague alone',
      uid: async () => {
        const uid = 'zzzzzzzzzzzzz'
        await makeGrant({ adminId: person.adminId, customerUid: customer.uid, uid, needsColleague: true })
        return uid
      },
    },
  ])('$name', async ({ uid }) => {
    const id = await uid()
    expect(await decide(id, 'approve')).toMatchObject(UNKNOWN)
    expect(await decide(id, 'decline')).toMatchObject(UNKNOWN)
    expect(await end(id)).toMatchObject(UNKNOWN)
  })

  test('access that is over, or has not begun, cannot be ended', async () => {
    const { uid } = await asked()
    expect(await end(uid)).toMatchObject(UNKNOWN)
    await decide(uid, 'approve')
    expect((await end(uid)).status).toBe(200)
    expect(await end(uid)).toMatchObject(UNKNOWN)
  })

  test('nor access at another customer', async () => {
    const uid = 'zzzzzzzzzzzzz'
    const other = await makeCustomer()
    const id = await makeGrant({ adminId: person.adminId, customerUid: other.uid, uid })
    expect(await end(uid)).toMatchObject(UNKNOWN)
    expect((await shownToStaff(id)).status).toBe('active')
    expect(await current()).toEqual([])
  })
})

describe('races', () => {
  const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort()

  test('of two decisions at once one counts', async () => {
    const { id, uid } = await asked()
    const [approval, refusal] = await Promise.all([decide(uid, 'approve'), decide(uid, 'decline')])
    expect(statuses([approval, refusal])).toEqual([200, 409])
    expect((await shownToStaff(id)).status).toBe(approval.status === 200 ? 'active' : 'declined')
  })

  test('of an approval and a withdrawal one comes first, and nobody gets in by the other', async () => {
    const { id, uid } = await asked()
    const [approval] = await Promise.all([decide(uid, 'approve'), withdraw(id)])
    // An approval that came first was of access that the withdrawal then ended.
    expect([200, 409]).toContain(approval.status)
    expect((await shownToStaff(id)).status).toBe('ended')
  })

  test('two ends at once end it once', async () => {
    const { uid } = await asked()
    await decide(uid, 'approve')
    expect(statuses(await Promise.all([end(uid), end(uid)]))).toEqual([200, 404])
  })

  test('a repeated approval is one, and is mailed once', async () => {
    const { uid } = await asked()
    const headers = { 'Idempotency-Key': 'approve-1' }
    const answers = await Promise.all([decide(uid, 'approve', headers), decide(uid, 'approve', headers)])
    expect(statuses(answers)).toEqual([200, 200])
    expect(answers[1]?.json).toEqual(answers[0]?.json)
    const later = await decide(uid, 'approve', headers)
    expect(later.headers.get('Idempotent-Replayed')).toBe('true')
    expect(later.json).toEqual(answers[0]?.json)
    await mailTo(person.email)
    expect(await mailsTo(person.email)).toHaveLength(1)
  })
})

test('lists are newest first, page by page, and hold what is live only', async () => {
  const hour = 60 * 60_000
  const uids: string[] = []
  for (let i = 0; i < 5; i++) {
    const uid = `${i}`.padStart(13, 'r')
    const requestedAt = Date.now() - i * hour
    const of = { adminId: person.adminId, customerUid: customer.uid }
    await makeGrant({ ...of, uid, requestedAt, needsCustomer: true })
    await makeGrant({ ...of, uid: `${i}`.padStart(13, 'g'), requestedAt })
    await makeGrant({ ...of, requestedAt, expiresAt: Date.now() - 1 })
    uids.push(uid)
  }
  const requests = await pagesOf(customer.own, '/access_requests?per_page=2')
  expect(requests.flatMap(({ access_requests }) => access_requests.map(uidOf))).toEqual(uids)
  const grants = await pagesOf(customer.own, '/access_grants?per_page=2')
  expect(grants.flatMap(({ access_grants }) => access_grants.map(uidOf))).toEqual(
    uids.map((uid) => uid.replaceAll('r', 'g')),
  )
})

const uidOf = ({ uid }: { uid: string }) => uid
