import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { accountRequests } from '../../../src/db/schema/grants.ts'
import { adminSessions, admins } from '../../../src/db/schema/staff.ts'
import { counted } from '../../support/bindings/counted-bindings.ts'
import {
  type Answer,
  type Caller,
  customerWithCallers,
  loggedIn,
  signedCaller,
} from '../../support/calls/http.ts'
import { pagesOf } from '../../support/calls/pages.ts'
import { database, makeClient, makeSession } from '../../support/factories.ts'
import { recordsOf } from '../../support/trail/audit.ts'
import { UNKNOWN_UID } from '../../support/unknown.ts'

type Kind = 'disable' | 'enable'

const REASON = 'Very suspicious user'
const COMMENT = 'Confirmed by the bank'
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

let customer: Awaited<ReturnType<typeof customerWithCallers>>
let asking: Awaited<ReturnType<typeof loggedIn>>
let deciding: Awaited<ReturnType<typeof loggedIn>>
let administering: Awaited<ReturnType<typeof loggedIn>>

beforeEach(async () => {
  customer = await customerWithCallers()
  asking = await loggedIn('customer_success')
  deciding = await loggedIn('super_admin')
  administering = await loggedIn('admin')
})

const ask = (kind: Kind, uid = customer.uid, reason: unknown = REASON): Promise<Answer> =>
  kind === 'disable'
    ? asking.call('/admin/disable_requests', { body: { user_id: uid, reason } })
    : asking.call(`/admin/enable_requests/${uid}`, { body: { reason } })

const decide = (
  kind: Kind,
  decision: 'approve' | 'decline',
  id: number,
  call: Caller = deciding.call,
  comment: unknown = COMMENT,
) => call(`/admin/${kind}_requests/${decision}/${id}`, { body: { comment } })

const change = (what: 'suspend' | 'activate') =>
  administering.call(`/admin/customers/${customer.uid}/${what}`, { method: 'POST' })
const remove = () => administering.call(`/admin/customers/${customer.uid}`, { method: 'DELETE' })
const statusOfCustomer = async () =>
  (await administering.call(`/admin/customers/${customer.uid}`)).json.data.status

/** Brings the customer into the state in which a request of this kind makes sense. */
const prepare = async (kind: Kind) => kind === 'enable' && change('suspend')

describe.each([
  { kind: 'disable' as const, name: 'Disable', from: 'active', to: 'inactive' },
  { kind: 'enable' as const, name: 'Enable', from: 'inactive', to: 'active' },
])('$kind-requests', ({ kind, name, from, to }) => {
  beforeEach(() => prepare(kind))

  test('one is made, shown and listed in Switch’s shape', async () => {
    const made = await ask(kind)
    expect(made.status).toBe(201)
    expect(made.json).toEqual({
      message: `${name}-request created successfully`,
      data: {
        id: expect.any(Number),
        status: 'pending',
        reason: REASON,
        super_admin_comment: null,
        user: {
          customer_uid: customer.uid,
          first_name: 'Test',
          last_name: 'Customer',
          email: expect.stringContaining('@'),
          status: from,
        },
        created_by: { id: asking.adminId, email: asking.email },
        created_at: TIME,
        decided_at: null,
      },
    })
    const shown = await asking.call(`/admin/${kind}_requests/${made.json.data.id}`)
    expect(shown.json).toEqual({ message: `${name}-request retrieved successfully`, data: made.json.data })
    const listed = await deciding.call(`/admin/${kind}_requests?status=pending`)
    expect(listed.json).toMatchObject({
      message: `${name}-requests retrieved successfully`,
      data: [made.json.data],
      meta: { total: 1 },
    })
    expect(await statusOfCustomer()).toBe(from)
  })

  test('an approved one changes the customer in the same moment, on record as one', async () => {
    const { id } = (await ask(kind)).json.data
    const answer = await decide(kind, 'approve', id)
    expect(answer).toMatchObject({
      status: 200,
      json: {
        message: `${name}-request approved successfully`,
        data: {
          id,
          status: 'approved',
          super_admin_comment: COMMENT,
          decided_at: TIME,
          user: { status: to },
        },
      },
    })
    expect(await statusOfCustomer()).toBe(to)
    expect((await customer.own('/lists')).status).toBe(to === 'active' ? 200 : 403)
    const records = await recordsOf([answer])
    expect(records.at(-1)).toMatchObject({
      stage: 'completed',
      admin_id: deciding.adminId,
      customer_uid: customer.uid,
      target_type: 'account_request',
      target_id: `${id}`,
      changes: {
        status: ['pending', 'approved'],
        super_admin_comment: [null, COMMENT],
        user_status: [from, to],
      },
    })
  })

  test('a declined one changes nothing but itself, and another may be made', async () => {
    const { id } = (await ask(kind)).json.data
    const answer = await decide(kind, 'decline', id)
    expect(answer.json).toMatchObject({
      message: `${name}-request declined successfully`,
      data: { id, status: 'declined', super_admin_comment: COMMENT, user: { status: from } },
    })
    expect(await statusOfCustomer()).toBe(from)
    expect((await ask(kind)).status).toBe(201)
    const declined = await deciding.call(`/admin/${kind}_requests?status=declined`)
    expect(declined.json.data.map((each: { id: number }) => each.id)).toEqual([id])
  })

  test('who asked is on record, and for whom', async () => {
    const made = await ask(kind)
    expect((await recordsOf([made])).at(-1)).toMatchObject({
      admin_id: asking.adminId,
      customer_uid: customer.uid,
      target_type: 'account_request',
      target_id: `${made.json.data.id}`,
      changes: { status: [null, 'pending'], reason: [null, REASON] },
    })
  })

  test('who looked at one is on record, and whose it was', async () => {
    const { id } = (await ask(kind)).json.data
    const shown = await deciding.call(`/admin/${kind}_requests/${id}`)
    expect(await recordsOf([shown])).toMatchObject([
      {
        stage: 'completed',
        admin_id: deciding.adminId,
        customer_uid: customer.uid,
        target_type: 'account_request',
        target_id: `${id}`,
      },
    ])
  })

  test.each([
    {
      name: 'a second while one is pending',
      act: () => ask(kind),
      status: 400,
      code: 'account_request_pending',
      text: `A pending ${kind}-request for this user already exists`,
    },
    {
      name: 'a customer that does not exist',
      act: () => ask(kind, UNKNOWN_UID),
      status: 404,
      code: 'customer_unknown',
      text: 'Customer does not exist',
    },
    {
      name: 'a decision on one that does not exist',
      act: () => decide(kind, 'approve', 4711),
      status: 404,
      code: 'account_request_unknown',
      text: 'Request does not exist',
    },
    {
      name: 'a look at one that does not exist',
      act: () => deciding.call(`/admin/${kind}_requests/1x`),
      status: 404,
      code: 'account_request_unknown',
      text: 'Request does not exist',
    },
    {
      name: 'asking as an admin',
      act: () =>
        administering.call(`/admin/disable_requests`, { body: { user_id: customer.uid, reason: REASON } }),
      status: 403,
      code: 'forbidden',
      text: 'You may not do this',
    },
    {
      name: 'deciding as an admin',
      act: () => decide(kind, 'approve', 1, administering.call),
      status: 403,
      code: 'forbidden',
      text: 'You may not do this',
    },
  ])('$name is refused: $status $code', async ({ act, status, code, text }) => {
    await ask(kind)
    expect(await act()).toMatchObject({ status, json: { code, message: text } })
  })

  test('the requests of the other kind are others', async () => {
    const { id } = (await ask(kind)).json.data
    const other = kind === 'disable' ? 'enable' : 'disable'
    expect((await deciding.call(`/admin/${other}_requests/${id}`)).status).toBe(404)
    expect((await decide(other, 'approve', id)).status).toBe(404)
    expect((await deciding.call(`/admin/${other}_requests`)).json.data).toEqual([])
  })

  test('what is decided stays decided', async () => {
    const { id } = (await ask(kind)).json.data
    await decide(kind, 'decline', id)
    for (const decision of ['approve', 'decline'] as const)
      expect(await decide(kind, decision, id)).toMatchObject({
        status: 409,
        json: { code: 'account_request_decided', message: 'The request has been decided already' },
      })
    expect(await statusOfCustomer()).toBe(from)
  })

  test('nobody decides their own, not even once they are a super_admin', async () => {
    const { id } = (await ask(kind)).json.data
    await database().update(admins).set({ role: 'super_admin' }).where(eq(admins.id, asking.adminId))
    for (const decision of ['approve', 'decline'] as const)
      expect(await decide(kind, decision, id, asking.call)).toMatchObject({
        status: 409,
        json: { code: 'self_action', message: 'You may not do this to yourself' },
      })
    expect(await statusOfCustomer()).toBe(from)
    expect((await decide(kind, 'approve', id)).status).toBe(200)
  })

  test('a customer that is about to be deleted is neither asked about nor changed', async () => {
    const { id } = (await ask(kind)).json.data
    await remove()
    const refusal = { status: 409, json: { code: 'customer_pending_delete' } }
    expect(await decide(kind, 'approve', id)).toMatchObject(refusal)
    expect(await ask(kind)).toMatchObject(refusal)
    expect(await statusOfCustomer()).toBe('pending_delete')
    expect((await decide(kind, 'decline', id)).status).toBe(200)
  })

  test('of many at once one is made', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(kind)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(400)])
    expect(await database().select().from(accountRequests)).toHaveLength(1)
  })

  test('of two decisions at once one wins, and the customer is as that one says', async () => {
    const other = signedCaller(await makeClient(), await makeSession((await loggedIn()).adminId))
    const { id } = (await ask(kind)).json.data
    const [approval, refusal] = await Promise.all([
      decide(kind, 'approve', id),
      decide(kind, 'decline', id, other),
    ])
    expect([approval.status, refusal.status].sort()).toEqual([200, 409])
    const { status } = (await deciding.call(`/admin/${kind}_requests/${id}`)).json.data
    expect(status).toBe(approval.status === 200 ? 'approved' : 'declined')
    expect(await statusOfCustomer()).toBe(approval.status === 200 ? to : from)
  })

  test('an approval of what has come about meanwhile is one all the same', async () => {
    const { id } = (await ask(kind)).json.data
    await change(kind === 'disable' ? 'suspend' : 'activate')
    expect((await decide(kind, 'approve', id)).json.data).toMatchObject({
      status: 'approved',
      user: { status: to },
    })
  })

  test.each([
    { name: 'null', value: null, text: "can't be blank" },
    { name: 'white space', value: ' \n', text: "can't be blank" },
    { name: 'a number', value: 1, text: 'is invalid' },
    { name: '501 characters', value: 'x'.repeat(501), text: 'is too long (maximum is 500 characters)' },
  ])('$name is neither a reason nor a comment', async ({ value, text }) => {
    expect(await ask(kind, customer.uid, value)).toMatchObject({
      status: 422,
      json: { errors: { reason: [text] } },
    })
    const { id } = (await ask(kind)).json.data
    expect(await decide(kind, 'approve', id, deciding.call, value)).toMatchObject({
      status: 422,
      json: { errors: { comment: [text] } },
    })
  })
})

test('an active user is not to be enabled, nor an inactive one disabled', async () => {
  expect(await ask('enable')).toMatchObject({
    status: 400,
    json: { code: 'user_not_disabled', message: 'user is not disabled' },
  })
  await change('suspend')
  expect(await ask('disable')).toMatchObject({
    status: 400,
    json: { code: 'user_disabled', message: 'user is already disabled' },
  })
})

test('the body of an enable-request may name the user again, as Switch’s own page has it', async () => {
  await change('suspend')
  const path = `/admin/enable_requests/${customer.uid}`
  expect(await asking.call(path, { body: { user_id: UNKNOWN_UID, reason: REASON } })).toMatchObject({
    status: 422,
    json: { errors: { user_id: ['is invalid'] } },
  })
  expect((await asking.call(path, { body: { user_id: customer.uid, reason: REASON } })).status).toBe(201)
})

test('lists are newest first, page by page, by status', async () => {
  const ids: number[] = []
  for (let i = 0; i < 5; i++) {
    const { id } = (await ask('disable')).json.data
    ids.unshift(id)
    await decide('disable', 'decline', id)
  }
  const pages = await pagesOf(deciding.call, '/admin/disable_requests?status=declined&per_page=2')
  expect(pages.flatMap(({ data }) => data.map(({ id }: { id: number }) => id))).toEqual(ids)
  expect((await deciding.call('/admin/disable_requests?status=done')).json.errors).toEqual({
    status: ['is not included in the list'],
  })
})

test.each(['', '&status=declined'])(
  'a page%s reads the requests that it shows; the others are only counted',
  async (query) => {
    const path = `/admin/disable_requests?per_page=1${query}`
    const row = { kind: 'disable', customerUid: customer.uid, reason: REASON, status: 'declined' } as const
    const make = (createdAt: number) =>
      database()
        .insert(accountRequests)
        .values({ ...row, createdBy: asking.adminId, createdAt })
    await make(0)
    await make(1)
    await deciding.call(path)
    const before = await counted(deciding.call, path)
    for (let i = 2; i < 32; i++) await make(i)
    const after = await counted(deciding.call, path)
    expect(after.json.meta.total).toBe(32)
    expect(after.counts.rowsRead).toBe(before.counts.rowsRead + 30)
  },
)

test('a session that ended meanwhile asks for nothing', async () => {
  await database().delete(adminSessions).where(eq(adminSessions.adminId, asking.adminId))
  expect((await ask('disable')).status).toBe(401)
  expect(await database().select().from(accountRequests)).toEqual([])
})
