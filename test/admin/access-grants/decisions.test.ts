import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { accessGrants } from '../../../src/db/schema/grants.ts'
import { failing, fetchWith, interceptedDatabase } from '../../support/bindings/bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { mailsTo, mailTo } from '../../support/bindings/mail.ts'
import { ask, at, setPolicy, withApproval, withKey } from '../../support/calls/grants.ts'
import { type Answer, type Caller, customerWithCallers, loggedIn } from '../../support/calls/http.ts'
import { database, makeGrant } from '../../support/factories.ts'
import { recordsOf } from '../../support/trail/audit.ts'

let staff: Awaited<ReturnType<typeof loggedIn>>
let colleague: Awaited<ReturnType<typeof loggedIn>>
let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  staff = await loggedIn()
  colleague = await loggedIn('admin')
  customer = await customerWithCallers()
})

const say = (caller: Caller, id: string, verb: 'approve' | 'decline', body: unknown = { comment: 'Seen' }) =>
  caller(`/admin/access_grants/${id}/${verb}`, { method: 'POST', body })
const end = (caller: Caller, id: string) => caller(`/admin/access_grants/${id}/end`, { method: 'POST' })
const waiting = (more: Partial<typeof accessGrants.$inferInsert> = {}) =>
  makeGrant({ adminId: staff.adminId, customerUid: customer.uid, needsColleague: true, ...more })
const shown = async (id: string) => (await staff.call(`/admin/access_grants/${id}`)).json.data

describe('a colleague', () => {
  test('approves, and it begins: as long as was asked for, from then on', async () => {
    const id = await waiting({ requestedAt: 1, durationSeconds: 600 })
    const { status, json } = await say(colleague.call, id, 'approve')
    expect(status).toBe(200)
    expect(json.message).toBe('Access grant approved successfully')
    const { decided_at } = json.data
    expect(json.data).toMatchObject({
      status: 'active',
      waits_for: [],
      expires_at: new Date(Date.parse(decided_at) + 600_000).toISOString(),
      decisions: [
        {
          by: 'colleague',
          admin_id: colleague.adminId,
          at: decided_at,
          decision: 'approved',
          comment: 'Seen',
        },
      ],
    })
    const { data } = (await staff.call(`/admin/access_grants/${id}/key`, { method: 'POST' })).json
    expect((await withKey(data.key, customer.uid)('/lists')).status).toBe(200)
  })

  test.each([{ body: {} }, { body: { comment: null } }, { body: { comment: '' } }])(
    'need not say why it approves: $body',
    async ({ body }) => {
      const { json } = await say(colleague.call, await waiting(), 'approve', body)
      expect(json.data.decisions).toMatchObject([{ comment: null }])
    },
  )

  test('declines, which is the end of it', async () => {
    const id = await waiting({ needsCustomer: true })
    const { json } = await say(colleague.call, id, 'decline')
    expect(json).toMatchObject({
      message: 'Access grant declined successfully',
      data: {
        status: 'declined',
        waits_for: [],
        decided_at: json.data.decisions[0].at,
        decisions: [{ by: 'colleague', admin_id: colleague.adminId, decision: 'declined', comment: 'Seen' }],
      },
    })
    expect((await customer.own('/access_requests')).json.access_requests).toEqual([])
  })

  test.each([{ body: {} }, { body: { comment: '  ' } }])(
    'has to say why it declines: $body',
    async ({ body }) => {
      const answer = await say(colleague.call, await waiting(), 'decline', body)
      expect(answer).toMatchObject({ status: 422, json: { errors: { comment: ["can't be blank"] } } })
    },
  )

  test('and the customer both have to approve, in either order', async () => {
    await setPolicy(customer.uid, 'ask')
    for (const order of [
      ['customer', 'colleague'],
      ['colleague', 'customer'],
    ]) {
      const asked = await withApproval(staff.call)('/admin/access_grants', { body: ask(customer.uid) })
      const { id } = asked.json.data
      const [{ uid }] = (await customer.own('/access_requests')).json.access_requests
      for (const [i, who] of order.entries()) {
        const before = await shown(id)
        expect(before).toMatchObject({ status: 'pending', waits_for: order.slice(i).toSorted().toReversed() })
        if (who === 'colleague') await say(colleague.call, id, 'approve')
        else await customer.own(`/access_requests/${uid}/approve`, { method: 'POST' })
      }
      const { status, decisions } = await shown(id)
      expect([status, ...decisions.map(({ by }: { by: string }) => by)]).toEqual(['active', ...order])
      await end(staff.call, id)
    }
  })
})

const DECIDED = { message: 'The access grant does not wait for this decision', code: 'grant_not_waiting' }
const OWN = { message: 'You may not do this to yourself', code: 'self_action' }

describe('is refused, and changes nothing:', () => {
  const table: {
    what: string
    make: () => Promise<string>
    caller?: () => Caller
    status: number
    json: { code: string; message: string }
  }[] = [
    {
      what: 'one’s own, a super_admin’s too',
      make: () => waiting(),
      caller: () => staff.call,
      status: 409,
      json: OWN,
    },
    {
      what: 'one that there is not',
      make: async () => 'gra_0000000000000000000000',
      status: 404,
      json: { code: 'grant_unknown', message: 'Access grant does not exist' },
    },
    { what: 'one that lapsed', make: () => waiting({ lapsesAt: 1 }), status: 409, json: DECIDED },
    { what: 'one that was withdrawn', make: () => waiting({ endedAt: 1 }), status: 409, json: DECIDED },
    { what: 'one that was declined', make: () => waiting({ declinedAt: 1 }), status: 409, json: DECIDED },
    {
      what: 'one that has begun',
      make: () => waiting({ beganAt: 1, expiresAt: 9e12 }),
      status: 409,
      json: DECIDED,
    },
    {
      what: 'one that waits for the customer alone',
      make: () => waiting({ needsColleague: false, needsCustomer: true }),
      status: 409,
      json: DECIDED,
    },
    {
      what: 'one that a colleague approved, and that waits for the customer',
      make: () => waiting({ needsCustomer: true, colleagueDecision: 'approved', colleagueDecidedAt: 1 }),
      status: 409,
      json: DECIDED,
    },
  ]
  test.each(
    table.flatMap((row) => [
      { ...row, verb: 'approve' as const },
      { ...row, verb: 'decline' as const },
    ]),
  )('$verb, of $what', async ({ make, caller, verb, status, json }) => {
    const id = await make()
    const before = await database().select().from(accessGrants)
    expect(await say(caller?.() ?? colleague.call, id, verb)).toMatchObject({ status, json })
    expect(await database().select().from(accessGrants)).toEqual(before)
  })
})

describe.each([
  { policy: 'closed', code: 'access_closed', message: 'The customer lets nobody of staff in' },
  { policy: 'ask', code: 'consent_required', message: 'The customer has not approved this access' },
] as const)('where the customer’s policy became $policy meanwhile', ({ policy, code, message }) => {
  test('an approval, by which nobody would get in, is refused; a refusal is not', async () => {
    const id = await waiting()
    await setPolicy(customer.uid, policy)
    const before = await database().select().from(accessGrants)
    const approved = await say(colleague.call, id, 'approve')
    expect(approved).toMatchObject({ status: 403, json: { code, message } })
    expect(await database().select().from(accessGrants)).toEqual(before)
    expect((await say(colleague.call, id, 'decline')).json.data.status).toBe('declined')
  })

  test('and counts again under one that lets staff in', async () => {
    const id = await waiting()
    await setPolicy(customer.uid, policy)
    await say(colleague.call, id, 'approve')
    await setPolicy(customer.uid, 'notify')
    expect((await say(colleague.call, id, 'approve')).json.data.status).toBe('active')
  })
})

describe('of what happens at once one counts:', () => {
  /** Makes a call, and something else just before the statement that decides. */
  const heldBack = (
    other: () => Promise<unknown>,
    trip = 2,
  ): { via: (request: Request) => Promise<Response> } => {
    let trips = 0
    const DB = interceptedDatabase(env.DB, {
      before: async () => {
        if (++trips === trip) await other()
      },
    })
    return { via: (request) => fetchWith({ DB }, request) }
  }
  const approve = (id: string, options: object): Promise<Answer> =>
    colleague.call(`/admin/access_grants/${id}/approve`, { method: 'POST', body: {}, ...options })

  test('two decisions of colleagues', async () => {
    const id = await waiting()
    const other = await loggedIn('super_admin')
    const answers = await Promise.all([
      say(colleague.call, id, 'approve'),
      say(other.call, id, 'decline'),
      say(colleague.call, id, 'decline'),
      say(other.call, id, 'approve'),
    ])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409])
    const won = answers.find(({ status }) => status === 200)?.json.data
    expect(await shown(id)).toEqual(won)
    expect(won.decisions).toHaveLength(1)
  })

  test('a customer’s and a colleague’s decision: both stand, or the one that declines ends it', async () => {
    await setPolicy(customer.uid, 'ask')
    const id = await waiting({ needsCustomer: true })
    const [{ uid }] = (await customer.own('/access_requests')).json.access_requests
    await Promise.all([
      say(colleague.call, id, 'approve'),
      customer.own(`/access_requests/${uid}/approve`, { method: 'POST' }),
    ])
    expect(await shown(id)).toMatchObject({ status: 'active', decisions: [{}, {}] })
  })

  test('an approval, and the withdrawal before it', async () => {
    const id = await waiting()
    const late = await approve(
      id,
      heldBack(() => end(staff.call, id)),
    )
    expect(late).toMatchObject({ status: 409, json: DECIDED })
    expect(await shown(id)).toMatchObject({ status: 'ended', decisions: [], expires_at: null })
  })

  test('a withdrawal, and the approval before it: what has begun ends', async () => {
    const id = await waiting()
    const late = await staff.call(`/admin/access_grants/${id}/end`, {
      method: 'POST',
      ...heldBack(() => say(colleague.call, id, 'approve')),
    })
    expect(late).toMatchObject({ status: 200, json: { data: { status: 'ended' } } })
    expect(late.json.data.decisions).toHaveLength(1)
  })

  test('a decision, and the lapse at that moment', async () => {
    const [early, late] = [await waiting(), await waiting()]
    const { lapses_at } = await shown(early)
    const lapse = Date.parse(lapses_at)
    const soon = { lapsesAt: Date.now() + 60_000 }
    await database().update(accessGrants).set(soon)
    const inTime = at(colleague.call, soon.lapsesAt - 1)
    const tooLate = at(colleague.call, soon.lapsesAt)
    expect(lapse).toBeGreaterThan(soon.lapsesAt)
    expect(await say(inTime, early, 'approve')).toMatchObject({ json: { data: { status: 'active' } } })
    expect(await say(tooLate, late, 'approve')).toMatchObject({ status: 409, json: DECIDED })
    const seen = await at(staff.call, soon.lapsesAt)(`/admin/access_grants/${late}`)
    expect(seen.json.data).toMatchObject({ status: 'lapsed', waits_for: [], decisions: [] })
  })

  test('an approval, and the end of the account that asked', async () => {
    const id = await waiting()
    const boss = await loggedIn()
    const disable = () => boss.call(`/admin/disable/${staff.adminId}`, { method: 'POST' })
    expect(await approve(id, heldBack(disable))).toMatchObject({ status: 409, json: DECIDED })
  })
})

describe('whoever asked', () => {
  test('is mailed what was decided, by whom and why', async () => {
    await say(colleague.call, await waiting(), 'decline', { comment: 'Ask its owner' })
    const { text } = await mailTo(staff.email)
    expect(text).toContain('Ask its owner')
    expect(text).toContain(colleague.email)
  })

  test('and the decision stands where the mail cannot be sent', async () => {
    expectLogged('tell_decision')
    const id = await waiting()
    const EMAIL = failing(env.EMAIL, 'send')
    const { status } = await colleague.call(`/admin/access_grants/${id}/approve`, {
      method: 'POST',
      body: {},
      via: (request) => fetchWith({ EMAIL }, request),
    })
    expect(status).toBe(200)
    expect((await shown(id)).status).toBe('active')
  })

  test('and not the customer, who was asked by the mail before, until access begins', async () => {
    await setPolicy(customer.uid, 'ask')
    const asked = await withApproval(staff.call)('/admin/access_grants', { body: ask(customer.uid) })
    const { id } = asked.json.data
    const { email } = (await customer.own('/account')).json.account
    await mailTo(email)
    // What a mail that failed would leave shows whether another one was tried.
    await database().update(accessGrants).set({ customerReached: false })
    await say(at(colleague.call, Date.now()), id, 'approve')
    expect(await mailsTo(staff.email)).toHaveLength(1)
    expect(await mailsTo(email)).toHaveLength(1)
    expect((await shown(id)).customer_reached).toBe(false)
  })

  test('and the customer, under notify, once access begins by it', async () => {
    await setPolicy(customer.uid, 'notify')
    const id = await waiting()
    await say(colleague.call, id, 'approve')
    expect((await shown(id)).customer_reached).toBe(true)
  })
})

test('a decision is on record with who, when and what it changed', async () => {
  const id = await waiting()
  const approved = await say(colleague.call, id, 'approve')
  const [, completed] = await recordsOf([approved])
  const { at: decidedAt } = approved.json.data.decisions[0]
  expect(completed).toMatchObject({
    admin_id: colleague.adminId,
    target_type: 'access_grant',
    target_id: id,
    customer_uid: customer.uid,
    grant_id: id,
    mode: 'read',
    changes: {
      status: ['pending', 'active'],
      waits_for: [['colleague'], []],
      decisions: [
        [],
        [
          {
            by: 'colleague',
            admin_id: colleague.adminId,
            at: decidedAt,
            decision: 'approved',
            comment: 'Seen',
          },
        ],
      ],
    },
  })
})

test('a comment that holds a key is recorded without it', async () => {
  const { key } = customer
  const declined = await say(colleague.call, await waiting(), 'decline', { comment: `It used ${key}` })
  const records = await recordsOf([declined])
  expect(JSON.stringify(records)).not.toContain(key)
  expect(records[1]?.changes?.decisions?.[1]).toMatchObject([{ comment: 'It used [redacted]' }])
})

test('a break-glass is reviewed by another super_admin, once', async () => {
  const other = await loggedIn()
  const glass = await waiting({ needsColleague: false, breakGlass: true, beganAt: 1, expiresAt: 2 })
  const review = (caller: Caller, id: string, body: unknown = { comment: 'It was one' }) =>
    caller(`/admin/access_grants/${id}/review`, { method: 'POST', body })
  expect((await shown(glass)).review).toEqual({
    status: 'unreviewed',
    admin_id: null,
    at: null,
    comment: null,
  })
  expect(await review(staff.call, glass)).toMatchObject({ status: 409, json: OWN })
  expect(await review(colleague.call, glass)).toMatchObject({ status: 403, json: { code: 'forbidden' } })
  expect(await review(other.call, glass, {})).toMatchObject({
    status: 422,
    json: { errors: { comment: ["can't be blank"] } },
  })
  expect(await review(other.call, await waiting())).toMatchObject({ status: 409, json: DECIDED })
  const both = await Promise.all([review(other.call, glass), review(other.call, glass)])
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409])
  const reviewed = both.find(({ status }) => status === 200)
  expect(reviewed?.json).toMatchObject({
    message: 'Access grant reviewed successfully',
    data: {
      review: { status: 'reviewed', admin_id: other.adminId, at: expect.any(String), comment: 'It was one' },
    },
  })
  const record = (await recordsOf(both)).find(({ changes }) => changes)
  expect(record?.changes).toMatchObject({ review: [{ status: 'unreviewed' }, { status: 'reviewed' }] })
  const [row] = await database().select().from(accessGrants).where(eq(accessGrants.id, glass))
  expect(row?.reviewedBy).toBe(other.adminId)
})
