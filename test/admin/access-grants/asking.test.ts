import { env } from 'cloudflare:workers'
import { eq, isNotNull, type SQL, sql } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { customers } from '../../../src/db/schema/customers.ts'
import { accessGrants } from '../../../src/db/schema/grants.ts'
import { adminApiKeys } from '../../../src/db/schema/staff.ts'
import { failing, fetchWith, interceptedDatabase } from '../../support/bindings/bindings.ts'
import { expectLogged, mayLog } from '../../support/bindings/logged.ts'
import { mailsTo, mailTo } from '../../support/bindings/mail.ts'
import { ask, granted, setPolicy, withApproval, withKey } from '../../support/calls/grants.ts'
import { type Caller, customerWithCallers, loggedIn } from '../../support/calls/http.ts'
import { database, makeGrant } from '../../support/factories.ts'
import { DAY_MS, HOUR_MS } from '../../support/times.ts'
import { recordsOf } from '../../support/trail/audit.ts'
import { UNKNOWN_UID } from '../../support/unknown.ts'

/** How a grant can be over. */
const OVER = [
  { status: 'lapsed', columns: { needsColleague: true, lapsesAt: 1 } },
  { status: 'declined', columns: { needsColleague: true, declinedAt: 1 } },
  { status: 'ended', columns: { endedAt: 1 } },
  { status: 'expired', columns: { beganAt: 1, expiresAt: 2 } },
]

let boss: Awaited<ReturnType<typeof loggedIn>>
let staff: Awaited<ReturnType<typeof loggedIn>>
let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  boss = await loggedIn()
  staff = await loggedIn('customer_success')
  customer = await customerWithCallers()
})

const request = (caller: Caller, more: Record<string, unknown> = {}) =>
  caller('/admin/access_grants', { body: ask(customer.uid, more) })
const post = (caller: Caller, path: string, body?: unknown) => caller(path, { method: 'POST', body })
const emailOf = async (uid: string) =>
  (await database().select().from(customers).where(eq(customers.uid, uid)))[0]?.email ?? ''

describe('whoever asks', () => {
  test('gets what it asked for, and the key at once where nobody has a say', async () => {
    const { status, json } = await request(staff.call, { ticket: '4711' })
    expect(status).toBe(201)
    expect(json.message).toBe('Access grant requested successfully')
    const { key, requested_at, ...grant } = json.data
    expect(key).toMatch(/^stw_admin_\w{36}$/)
    const moment = Date.parse(requested_at)
    expect(grant).toEqual({
      id: expect.stringMatching(/^gra_\w{22}$/),
      customer_uid: customer.uid,
      admin_id: staff.adminId,
      reason: 'Ticket 4711',
      ticket: '4711',
      mode: 'read',
      status: 'active',
      waits_for: [],
      break_glass: false,
      duration_seconds: 3600,
      lapses_at: new Date(moment + DAY_MS).toISOString(),
      decided_at: requested_at,
      expires_at: new Date(moment + HOUR_MS).toISOString(),
      ended_at: null,
      ended_by: null,
      decisions: [],
      customer_reached: null,
      review: null,
    })
    const shown = await staff.call(`/admin/access_grants/${grant.id}`)
    expect(shown.json.data).toEqual({ ...grant, requested_at })
  })

  test('as a form says the same', async () => {
    const body = `customer_uid=${customer.uid}&reason=T&mode=write&duration_seconds=300&break_glass=0`
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const { json } = await staff.call('/admin/access_grants', { body, headers })
    expect(json.data).toMatchObject({ mode: 'write', duration_seconds: 300, break_glass: false })
  })

  const waiting: {
    name: string
    policy?: 'open' | 'ask'
    approval?: 'write' | 'all'
    more?: Record<string, unknown>
    waits_for: string[]
  }[] = [
    { name: 'a customer that wants to be asked', policy: 'ask', waits_for: ['customer'] },
    { name: 'a colleague, to write', approval: 'write', more: { mode: 'write' }, waits_for: ['colleague'] },
    { name: 'nobody, to read', approval: 'write', waits_for: [] },
    { name: 'a colleague, whatever for', approval: 'all', waits_for: ['colleague'] },
    { name: 'both', policy: 'ask', approval: 'all', waits_for: ['customer', 'colleague'] },
  ]
  test.each(waiting)('waits for $name', async ({ policy = 'open', approval, more, waits_for }) => {
    await setPolicy(customer.uid, policy)
    const { status, json } = await request(approval ? withApproval(staff.call, approval) : staff.call, more)
    expect(status).toBe(201)
    const begun = waits_for.length === 0
    expect(json.data).toMatchObject({ status: begun ? 'active' : 'pending', waits_for })
    expect('key' in json.data).toBe(begun)
    if (!begun) expect(json.data).toMatchObject({ decided_at: null, expires_at: null })
    const keys = await database().select().from(adminApiKeys).where(eq(adminApiKeys.grantId, json.data.id))
    expect(keys).toHaveLength(begun ? 1 : 0)
  })

  const refusals: {
    name: string
    prepare?: () => unknown
    caller?: () => Caller
    body: () => unknown
    status: number
    code: string
    text: string
    fields?: Record<string, string[]>
  }[] = [
    {
      name: 'to write, by a role that reads',
      caller: () => reader.call,
      body: () => ask(customer.uid, { mode: 'write' }),
      status: 403,
      code: 'forbidden',
      text: 'You may not do this',
    },
    {
      name: 'in an emergency, by an admin',
      caller: () => admin.call,
      body: () => ask(customer.uid, { break_glass: true }),
      status: 403,
      code: 'forbidden',
      text: 'You may not do this',
    },
    {
      name: 'a customer that there is not',
      body: () => ask(UNKNOWN_UID),
      status: 404,
      code: 'customer_unknown',
      text: 'Customer does not exist',
    },
    {
      name: 'a suspended customer',
      prepare: () => post(boss.call, `/admin/customers/${customer.uid}/suspend`),
      body: () => ask(customer.uid),
      status: 403,
      code: 'customer_inactive',
      text: 'The customer is not active',
    },
    {
      name: 'a customer that lets nobody in',
      prepare: () => setPolicy(customer.uid, 'closed'),
      body: () => ask(customer.uid),
      status: 403,
      code: 'access_closed',
      text: 'The customer lets nobody of staff in',
    },
    {
      name: 'nothing',
      body: () => ({}),
      status: 422,
      code: 'invalid',
      text: 'The request is invalid',
      fields: { customer_uid: ["can't be blank"], reason: ["can't be blank"] },
    },
    {
      name: 'for no reason',
      body: () => ask(customer.uid, { reason: ' \n' }),
      status: 422,
      code: 'invalid',
      text: 'The request is invalid',
      fields: { reason: ["can't be blank"] },
    },
    {
      name: 'for a reason without end',
      body: () => ask(customer.uid, { reason: 'x'.repeat(501) }),
      status: 422,
      code: 'invalid',
      text: 'The request is invalid',
      fields: { reason: ['is too long (maximum is 500 characters)'] },
    },
    ...[299, 14_401, 1.5, -300, '1e3'].map((duration) => ({
      name: `for ${duration} seconds`,
      body: () => ask(customer.uid, { duration_seconds: duration }),
      status: 422,
      code: 'invalid',
      text: 'The request is invalid',
      fields: { duration_seconds: [expect.any(String)] },
    })),
    {
      name: 'to delete',
      body: () => ask(customer.uid, { mode: 'delete' }),
      status: 422,
      code: 'invalid',
      text: 'The request is invalid',
      fields: { mode: ['is not included in the list'] },
    },
    {
      name: 'an emergency of more than an hour',
      body: () => ask(customer.uid, { break_glass: true, duration_seconds: 3601 }),
      status: 422,
      code: 'invalid',
      text: 'The request is invalid',
      fields: { duration_seconds: ['of a break-glass is at most 3600'] },
    },
  ]
  let reader: typeof staff
  let admin: typeof staff
  beforeEach(async () => {
    reader = await loggedIn('banking_operations')
    admin = await loggedIn('admin')
  })

  test.each(refusals)('for $name is refused', async (row) => {
    await row.prepare?.()
    const answer = await (row.caller?.() ?? staff.call)('/admin/access_grants', { body: row.body() })
    expect(answer).toMatchObject({ status: row.status, json: { code: row.code, message: row.text } })
    if (row.fields) expect(answer.json.errors).toEqual(row.fields)
    expect(await database().select().from(accessGrants)).toEqual([])
  })
})

describe('one live grant a person, customer and mode', () => {
  test('a second ask names the first, pending or active, and another mode is another grant', async () => {
    const { id } = (await request(staff.call)).json.data
    expect(await request(staff.call)).toMatchObject({
      status: 409,
      json: { code: 'grant_exists', message: 'You have asked for this access already', access_grant: { id } },
    })
    expect((await request(staff.call, { mode: 'write' })).status).toBe(201)
    expect((await request(boss.call)).status).toBe(201)
    await setPolicy(customer.uid, 'ask')
    await post(staff.call, `/admin/access_grants/${id}/end`)
    const pending = (await request(staff.call)).json.data
    expect(await request(staff.call)).toMatchObject({
      status: 409,
      json: { access_grant: { id: pending.id } },
    })
  })

  test.each(OVER)('of which one that is $status is none', async ({ columns }) => {
    await makeGrant({ adminId: staff.adminId, customerUid: customer.uid, ...columns })
    expect((await request(staff.call)).status).toBe(201)
  })

  test('of 30 simultaneous asks one is granted, and has the only key', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => request(staff.call)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(29).fill(409)])
    const one = answers.find(({ status }) => status === 201)?.json.data
    for (const { status, json } of answers) if (status === 409) expect(json.access_grant.id).toBe(one.id)
    expect(await database().select().from(accessGrants)).toHaveLength(1)
    const keys = await database().select().from(adminApiKeys).where(eq(adminApiKeys.adminId, staff.adminId))
    expect(keys).toHaveLength(1)
    expect((await env.KEYS.list({ prefix: 'admin_key:' })).keys).toHaveLength(2)
    expect((await withKey(one.key, customer.uid)('/lists')).status).toBe(200)
  })
})

describe('an ask that is under way', () => {
  test.each([
    { end: 'is disabled', make: () => post(boss.call, `/admin/disable/${staff.adminId}`) },
    { end: 'is revoked', make: () => post(boss.call, `/admin/revoke_credentials/${staff.adminId}`) },
    {
      end: 'is out',
      make: () => boss.call(`/admin/${staff.adminId}/sessions`, { method: 'DELETE' }),
    },
  ])('while its owner $end is no grant, and has no key', async ({ make }) => {
    let trips = 0
    const DB = interceptedDatabase(env.DB, {
      before: async () => {
        if (++trips === 2) expect((await make()).status).toBe(200)
      },
    })
    const via = (sent: Request) => fetchWith({ DB }, sent)
    const late = await staff.call('/admin/access_grants', { body: ask(customer.uid), via })
    expect(late).toMatchObject({ status: 401, json: { code: 'session_invalid' } })
    expect(await database().select().from(accessGrants)).toEqual([])
    const keys = await database().select().from(adminApiKeys).where(eq(adminApiKeys.adminId, staff.adminId))
    expect(keys).toEqual([])
  })
})

describe('the key of a grant', () => {
  test('is for its owner, as often as it is asked for, and the one before ends', async () => {
    const { grant, call } = await granted(staff.call, customer.uid)
    const { status, json } = await post(staff.call, `/admin/access_grants/${grant.id}/key`)
    expect(status).toBe(201)
    expect(json.data).toEqual({ ...grant, key: expect.stringMatching(/^stw_admin_/) })
    expect((await withKey(json.data.key, customer.uid)('/lists')).status).toBe(200)
    expect((await call('/lists')).status).toBe(401)
  })

  test('is not somebody else’s, be it a super_admin', async () => {
    const { grant, call } = await granted(staff.call, customer.uid)
    expect(await post(boss.call, `/admin/access_grants/${grant.id}/key`)).toMatchObject({
      status: 404,
      json: { code: 'grant_unknown', message: 'Access grant does not exist' },
    })
    expect(
      await database().select().from(adminApiKeys).where(eq(adminApiKeys.adminId, boss.adminId)),
    ).toEqual([])
    expect((await call('/lists')).status).toBe(200)
  })

  test.each([{ status: 'pending', columns: { needsColleague: true } }, ...OVER])(
    'is not to be had where it is $status',
    async ({ columns, status }) => {
      const id = await makeGrant({ adminId: staff.adminId, customerUid: customer.uid, ...columns })
      expect((await staff.call(`/admin/access_grants/${id}`)).json.data.status).toBe(status)
      expect(await post(staff.call, `/admin/access_grants/${id}/key`)).toMatchObject({
        status: 409,
        json: { code: 'grant_inactive', message: 'The access grant is not active' },
      })
    },
  )

  test('that is being got while the grant ends is none', async () => {
    const { grant } = await granted(staff.call, customer.uid)
    let trips = 0
    const DB = interceptedDatabase(env.DB, {
      before: async () => {
        if (++trips === 1) await post(boss.call, `/admin/access_grants/${grant.id}/end`)
      },
    })
    const late = await staff.call(`/admin/access_grants/${grant.id}/key`, {
      method: 'POST',
      via: (sent) => fetchWith({ DB }, sent),
    })
    expect(late).toMatchObject({ status: 409, json: { code: 'grant_inactive' } })
    const keys = await database().select().from(adminApiKeys).where(eq(adminApiKeys.grantId, grant.id))
    expect(keys).toMatchObject([{ revokedAt: expect.any(Number) }])
  })
})

describe('the listing', () => {
  test('has one’s own for most, everyone’s for an admin, and the filters', async () => {
    const other = await customerWithCallers()
    const admin = await loggedIn('admin')
    const mine = await makeGrant({
      adminId: staff.adminId,
      customerUid: customer.uid,
      requestedAt: Date.now() - 3,
    })
    const ended = await makeGrant({
      adminId: staff.adminId,
      customerUid: other.uid,
      endedAt: 1,
      requestedAt: Date.now() - 2,
    })
    const glass = await makeGrant({
      adminId: boss.adminId,
      customerUid: customer.uid,
      breakGlass: true,
      requestedAt: Date.now() - 1,
    })
    const reviewed = await makeGrant({
      adminId: boss.adminId,
      customerUid: other.uid,
      breakGlass: true,
      reviewedAt: 1,
      reviewedBy: admin.adminId,
    })
    const idsOf = async (caller: Caller, query = '') => {
      const { json } = await caller(`/admin/access_grants${query}`)
      expect(json.meta.total).toBe(json.data.length)
      return json.data.map(({ id }: { id: string }) => id)
    }
    expect(await idsOf(staff.call)).toEqual([ended, mine])
    for (const { call } of [admin, boss]) expect(await idsOf(call)).toEqual([reviewed, glass, ended, mine])
    expect(await idsOf(boss.call, `?admin_id=${staff.adminId}`)).toEqual([ended, mine])
    expect(await idsOf(boss.call, `?customer_uid=${customer.uid}`)).toEqual([glass, mine])
    expect(await idsOf(boss.call, '?status=active')).toEqual([reviewed, glass, mine])
    expect(await idsOf(boss.call, '?status=ended')).toEqual([ended])
    expect(await idsOf(boss.call, '?review=unreviewed')).toEqual([glass])
    expect(await idsOf(boss.call, '?review=reviewed')).toEqual([reviewed])
    expect(await staff.call(`/admin/access_grants?admin_id=${boss.adminId}`)).toMatchObject({
      status: 403,
      json: { code: 'forbidden' },
    })
    const page = await boss.call('/admin/access_grants?per_page=3')
    const next = await boss.call(`/admin/access_grants?per_page=3&cursor=${page.json.meta.next_cursor}`)
    expect(next.json.data.map(({ id }: { id: string }) => id)).toEqual([mine])
  })

  test('of one is as unknown as what does not exist to who may not see it', async () => {
    const id = await makeGrant({ adminId: boss.adminId, customerUid: customer.uid })
    const unknown = { status: 404, json: { code: 'grant_unknown' } }
    expect(await staff.call(`/admin/access_grants/${id}`)).toMatchObject(unknown)
    expect(await boss.call('/admin/access_grants/gra_0000000000000000000000')).toMatchObject(unknown)
    expect((await (await loggedIn('admin')).call(`/admin/access_grants/${id}`)).status).toBe(200)
  })
})

describe('the end', () => {
  test.each([
    { who: 'its owner', caller: async () => staff.call, status: 200 },
    { who: 'a super_admin', caller: async () => boss.call, status: 200 },
    { who: 'an admin', caller: async () => (await loggedIn('admin')).call, status: 403 },
    { who: 'anybody else', caller: async () => (await loggedIn('customer_success')).call, status: 404 },
  ])('by $who is $status', async ({ caller, status }) => {
    const id = await makeGrant({ adminId: staff.adminId, customerUid: customer.uid })
    expect((await post(await caller(), `/admin/access_grants/${id}/end`)).status).toBe(status)
  })

  test('is said with who and when, and a second one changes nothing', async () => {
    const id = await makeGrant({ adminId: staff.adminId, customerUid: customer.uid })
    const { json } = await post(boss.call, `/admin/access_grants/${id}/end`)
    expect(json).toMatchObject({
      message: 'Access grant ended successfully',
      data: {
        status: 'ended',
        ended_at: expect.any(String),
        ended_by: { by: 'staff', admin_id: boss.adminId },
      },
    })
    expect((await post(staff.call, `/admin/access_grants/${id}/end`)).json.data).toEqual(json.data)
  })

  test.each(OVER.filter(({ status }) => status !== 'ended'))(
    'of one that is $status leaves it so',
    async ({ status, columns }) => {
      const id = await makeGrant({ adminId: staff.adminId, customerUid: customer.uid, ...columns })
      const { data } = (await post(staff.call, `/admin/access_grants/${id}/end`)).json
      expect(data).toMatchObject({ status, ended_at: null })
    },
  )
})

describe('a customer is told', () => {
  test('under notify, when access begins', async () => {
    await setPolicy(customer.uid, 'notify')
    const { json } = await request(staff.call)
    expect(json.data).toMatchObject({ status: 'active', customer_reached: true })
    const mail = await mailTo(await emailOf(customer.uid))
    expect(mail.text).toContain('Ticket 4711')
    expect(mail.text).not.toContain(staff.email)
  })

  test('under open, of nothing', async () => {
    expect((await request(staff.call)).json.data.customer_reached).toBeNull()
    expect(await mailsTo(await emailOf(customer.uid))).toEqual([])
  })

  test.each(['ask', 'notify'] as const)(
    'under %s or not: a mail that cannot be sent blocks nothing, and is said',
    async (policy) => {
      expectLogged('tell_customer')
      await setPolicy(customer.uid, policy)
      const EMAIL = failing(env.EMAIL, 'send')
      const via = (sent: Request) => fetchWith({ EMAIL }, sent)
      const { status, json } = await staff.call('/admin/access_grants', { body: ask(customer.uid), via })
      expect(status).toBe(201)
      expect(json.data).toMatchObject({
        customer_reached: false,
        waits_for: policy === 'ask' ? ['customer'] : [],
      })
      const { data } = (await staff.call(`/admin/access_grants/${json.data.id}`)).json
      expect(data.customer_reached).toBe(false)
    },
  )
})

describe('a customer who is to be told is not reached until it was', () => {
  /** Calls while D1 fails from the moment that there is such a grant: what comes then is cut off. */
  const cutOff = (caller: Caller, path: string, body: unknown, which: SQL) => {
    const before = async () => {
      if ((await database().select().from(accessGrants).where(which)).length > 0)
        throw new Error('the rest is cut off')
    }
    const DB = interceptedDatabase(env.DB, { before })
    return caller(path, { body, via: (sent) => fetchWith({ DB }, sent) })
  }

  test.each([
    { what: 'a request', policy: 'ask', more: {} },
    { what: 'access', policy: 'notify', more: {} },
    { what: 'a break-glass', policy: 'closed', more: { break_glass: true } },
  ] as const)('of $what, under $policy', async ({ policy, more }) => {
    expectLogged('tell_customer')
    mayLog('tell_super_admins')
    await setPolicy(customer.uid, policy)
    await cutOff(boss.call, '/admin/access_grants', ask(customer.uid, more), sql`TRUE`)
    const [grant] = (await boss.call('/admin/access_grants')).json.data
    expect(grant.customer_reached).toBe(false)
  })

  test('of access that a colleague lets begin, from then on', async () => {
    expectLogged('tell_decision')
    await setPolicy(customer.uid, 'notify')
    const id = await makeGrant({ adminId: staff.adminId, customerUid: customer.uid, needsColleague: true })
    const path = `/admin/access_grants/${id}`
    expect((await boss.call(path)).json.data.customer_reached).toBeNull()
    await cutOff(boss.call, `${path}/approve`, {}, isNotNull(accessGrants.beganAt))
    expect((await boss.call(path)).json.data).toMatchObject({ status: 'active', customer_reached: false })
  })
})

test('what is asked for, got and ended is on record, with what it is about', async () => {
  const asked = await request(staff.call, { mode: 'write' })
  const { id } = asked.json.data
  const got = await post(staff.call, `/admin/access_grants/${id}/key`)
  const ended = await post(boss.call, `/admin/access_grants/${id}/end`)
  const refused = await request(staff.call, { customer_uid: UNKNOWN_UID })
  const records = await recordsOf([asked, got, ended, refused])
  const completed = records.filter(({ stage }) => stage === 'completed')
  const about = {
    target_type: 'access_grant',
    target_id: id,
    customer_uid: customer.uid,
    grant_id: id,
    mode: 'write',
  }
  expect(completed).toMatchObject([
    {
      ...about,
      admin_id: staff.adminId,
      reason: 'Ticket 4711',
      changes: { status: [null, 'active'], reason: [null, 'Ticket 4711'], key: [null, '[redacted]'] },
    },
    { ...about, admin_id: staff.adminId, changes: { key: [null, '[redacted]'] } },
    {
      ...about,
      admin_id: boss.adminId,
      changes: { status: ['active', 'ended'], ended_by: [null, { by: 'staff', admin_id: boss.adminId }] },
    },
    { target_type: 'customer', target_id: UNKNOWN_UID, status: 404 },
  ])
  const found = await boss.call(`/admin/audit?grant_id=${id}&stage=completed`)
  expect(found.json.data.map(({ id }: { id: string }) => id)).toEqual(
    [ended, got, asked].map(({ headers }) => headers.get('X-Audit-Id')),
  )
  const exported = await boss.call(`/admin/audit/export?grant_id=${id}`)
  expect(exported.text.trimEnd().split('\n')).toHaveLength(3)
})
