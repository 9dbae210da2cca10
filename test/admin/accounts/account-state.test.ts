import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { changeRole, disableAdmin } from '../../../src/admin/accounts/account-state.service.ts'
import { emailHashOf } from '../../../src/auth/accounts/account.ts'
import { adminSessions, admins, loginFailures, unlockTokens } from '../../../src/db/schema/staff.ts'
import { failing, fetchWith, interceptedDatabase } from '../../support/bindings/bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { mailTo, passwordIn, tokenIn } from '../../support/bindings/mail.ts'
import { type Answer, type Caller, call, loggedIn, signedCaller } from '../../support/calls/http.ts'
import {
  cheapHash,
  database,
  makeAdmin,
  makeAdminKey,
  makeClient,
  makeCustomer,
  makeSession,
} from '../../support/factories.ts'
import { recordsOf } from '../../support/trail/audit.ts'

let boss: { adminId: number; call: Caller }

beforeEach(async () => {
  boss = await loggedIn()
})

const post = (path: string, body?: unknown): Promise<Answer> =>
  boss.call(path, { method: 'POST', body, via: (request) => fetchWith({}, request) })

const statusOf = async (token: string) => (await signedCaller(await makeClient(), token)('/admin')).status

async function lock(email: string): Promise<void> {
  const lockedUntil = Date.now() + 60 * 60_000
  const emailHash = emailHashOf(email)
  await database().insert(loginFailures).values({ emailHash, lockedUntil, expiresAt: lockedUntil })
  await env.KEYS.put(`lockout:${emailHash}`, JSON.stringify({ locked_until: lockedUntil, admin_id: 1 }))
}

describe.each([
  ['disable', undefined],
  ['enable', undefined],
  ['role', { role: 'admin' }],
  ['unlock', undefined],
  ['reset_password', undefined],
  ['revoke_credentials', undefined],
])('POST /admin/%s/:id', (action, body) => {
  test('of an account that does not exist says so in the words of the contract', async () => {
    expect(await post(`/admin/${action}/100`, body)).toMatchObject({
      status: 404,
      json: { message: 'Admin with id - 100 -, does not exist', code: 'admin_unknown' },
    })
    expect(await post(`/admin/${action}/1x`, body)).toMatchObject({
      status: 404,
      json: { code: 'not_found' },
    })
  })

  test.each(['customer_success', 'banking_operations', 'admin'] as const)('is not for %s', async (role) => {
    const { adminId } = await makeAdmin()
    const { call: asOther } = await loggedIn(role)
    const refused = await asOther(`/admin/${action}/${adminId}`, { method: 'POST', body })
    expect(refused).toMatchObject({ status: 403, json: { code: 'forbidden' } })
    expect(await recordsOf([refused])).toMatchObject([{ result: 'refused', role, target_id: `${adminId}` }])
  })

  test('is on record with whom it was done to', async () => {
    const { adminId, email } = await makeAdmin('customer_success')
    await lock(email)
    const done = await post(`/admin/${action}/${adminId}`, body)
    expect(done.status).toBe(200)
    expect(await recordsOf([done])).toMatchObject(
      ['received', 'completed'].map((stage) => ({
        stage,
        admin_id: boss.adminId,
        target_type: 'admin',
        target_id: `${adminId}`,
        path: `/admin/${action}/${adminId}`,
      })),
    )
  })
})

describe('disabling', () => {
  test('ends the sessions and binds the API keys at once, twice as once; enabling revives no session', async () => {
    const admin = await makeAdmin('admin')
    const token = await makeSession(admin.adminId)
    const { key } = await makeAdminKey(admin)
    const customer = await makeCustomer()
    const withKey = () =>
      call('/lists', { headers: { 'X-ADMIN-API-KEY': key, 'X-CUSTOMER-ID': customer.uid } })
    expect([await statusOf(token), (await withKey()).status]).toEqual([200, 200])
    for (let i = 0; i < 2; i++) {
      expect(await post(`/admin/disable/${admin.adminId}`)).toMatchObject({
        status: 200,
        json: { message: 'Admin disabled successfully', data: { id: admin.adminId, disabled: true } },
      })
      expect([await statusOf(token), (await withKey()).status]).toEqual([401, 401])
    }
    for (let i = 0; i < 2; i++) {
      expect(await post(`/admin/enable/${admin.adminId}`)).toMatchObject({
        status: 200,
        json: { message: 'Admin enabled successfully', data: { disabled: false } },
      })
      expect([await statusOf(token), (await withKey()).status]).toEqual([401, 200])
    }
  })
})

describe('another role', () => {
  test('ends the sessions and binds the API keys at once', async () => {
    const admin = await makeAdmin('admin')
    const token = await makeSession(admin.adminId)
    const { key } = await makeAdminKey(admin)
    const customer = await makeCustomer()
    const headers = { 'X-ADMIN-API-KEY': key, 'X-CUSTOMER-ID': customer.uid }
    expect((await call('/lists', { headers, body: { name: 'One' } })).status).toBe(201)
    expect(await post(`/admin/role/${admin.adminId}`, { role: 'banking_operations' })).toMatchObject({
      status: 200,
      json: { message: 'Role updated successfully', data: { role: 'banking_operations' } },
    })
    expect(await statusOf(token)).toBe(401)
    expect((await call('/lists', { headers, body: { name: 'Two' } })).status).toBe(403)
    expect((await call('/lists', { headers })).status).toBe(200)
  })

  test('that is the one it has changes nothing', async () => {
    const { adminId } = await makeAdmin('admin')
    const token = await makeSession(adminId)
    expect((await post(`/admin/role/${adminId}`, { role: 'admin' })).status).toBe(200)
    expect(await statusOf(token)).toBe(200)
  })

  test.each([
    ['none', {}, "can't be blank"],
    ['an unknown one', { role: 'root' }, 'is not included in the list'],
    ['a number', { role: 4 }, 'is not included in the list'],
  ])('that is %s is refused', async (_, body, text) => {
    const { adminId } = await makeAdmin('admin')
    const refused = await post(`/admin/role/${adminId}`, body)
    expect(refused).toMatchObject({ status: 422, json: { errors: { role: [text] } } })
  })
})

describe('nobody', () => {
  test.each([
    ['disable', undefined],
    ['role', { role: 'admin' }],
    ['reset_password', undefined],
  ])('does %s to themselves', async (action, body) => {
    await makeAdmin()
    const refused = await post(`/admin/${action}/${boss.adminId}`, body)
    expect(refused).toMatchObject({ status: 409, json: { code: 'self_action' } })
    expect((await post('/admin/enable/1')).status).toBe(200)
  })
})

describe('the last enabled super_admin', () => {
  const superAdmins = async () => {
    const all = await database().select().from(admins).where(eq(admins.role, 'super_admin'))
    return all.filter(({ disabledAt }) => disabledAt === null)
  }

  const stores = { db: database(), kv: env.KEYS, later: () => undefined }

  test.each([
    [
      'disabled',
      (id: number, by: number) => disableAdmin(stores, { adminId: by, role: 'super_admin' }, `${id}`, 1),
    ],
    [
      'demoted',
      (id: number, by: number) =>
        changeRole(stores, { adminId: by, role: 'super_admin' }, `${id}`, 'admin', 1),
    ],
  ])('is not %s, also by two at once who mean each other', async (_, act) => {
    const { adminId: other } = await makeAdmin()
    await database()
      .update(admins)
      .set({ disabledAt: 1 })
      .where(eq(admins.id, (await makeAdmin()).adminId))
    const outcomes = await Promise.allSettled([act(other, boss.adminId), act(boss.adminId, other)])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'last_super_admin', status: 409 },
    })
    expect(await superAdmins()).toHaveLength(1)
    // The one who is left kept the session; the other did not.
    const sessions = await database().select().from(adminSessions)
    expect(sessions.every(({ adminId }) => adminId === boss.adminId)).toBe(true)
  })

  test('stays one over HTTP, whoever comes first', async () => {
    const other = await loggedIn()
    const [one, two] = await Promise.all([
      boss.call(`/admin/disable/${other.adminId}`, { method: 'POST' }),
      other.call(`/admin/disable/${boss.adminId}`, { method: 'POST' }),
    ])
    expect([one.status, two.status].sort()).toEqual([200, expect.toBeOneOf([401, 409])])
    expect(await superAdmins()).toHaveLength(1)
  })

  test('does not keep another from being disabled or demoted', async () => {
    const [one, two] = [await makeAdmin(), await makeAdmin()]
    expect((await post(`/admin/disable/${one.adminId}`)).status).toBe(200)
    expect((await post(`/admin/role/${one.adminId}`, { role: 'admin' })).status).toBe(200)
    expect((await post(`/admin/role/${two.adminId}`, { role: 'admin' })).status).toBe(200)
    expect((await post(`/admin/role/${two.adminId}`, { role: 'super_admin' })).status).toBe(200)
  })
})

describe('unlocking', () => {
  test('mails a link that unlocks', async () => {
    const { adminId, email } = await makeAdmin('admin')
    await lock(email)
    expect(await post(`/admin/unlock/${adminId}`)).toMatchObject({
      status: 200,
      json: { message: 'Unlock email sent successfully', data: { id: adminId, locked: true } },
    })
    const body = new URLSearchParams({ token: tokenIn(await mailTo(email)) }).toString()
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect((await call('/admin/unlock', { body, headers })).status).toBe(200)
    expect(await post(`/admin/unlock/${adminId}`)).toMatchObject({
      status: 409,
      json: { code: 'not_locked' },
    })
    expect((await env.KEYS.list({ prefix: 'lockout:' })).keys).toEqual([])
  })

  test('makes no link and mails none if the lock goes meanwhile, as by a reset, which ends all links', async () => {
    const { adminId, email } = await makeAdmin('admin')
    await lock(email)
    let trips = 0
    const DB = interceptedDatabase(env.DB, {
      before: async () => {
        // The first round trip tells who calls, the second that it is locked, the third makes the link.
        if (++trips === 3) expect((await post(`/admin/reset_password/${adminId}`)).status).toBe(200)
      },
    })
    const answer = await boss.call(`/admin/unlock/${adminId}`, {
      method: 'POST',
      via: (request) => fetchWith({ DB }, request),
    })
    expect(answer).toMatchObject({ status: 409, json: { code: 'not_locked' } })
    expect(trips).toBe(3)
    expect(await database().select().from(unlockTokens)).toEqual([])
    expect((await mailTo(email)).text).toContain('all of its sessions and API keys were ended')
  })

  test('leaves nothing behind if the mail cannot be sent', async () => {
    expectLogged('mail_unavailable')
    const { adminId, email } = await makeAdmin('admin')
    await lock(email)
    const answer = await boss.call(`/admin/unlock/${adminId}`, {
      method: 'POST',
      via: (request) => fetchWith({ EMAIL: failing(env.EMAIL, 'send') }, request),
    })
    expect(answer).toMatchObject({ status: 502, json: { code: 'mail_unavailable' } })
    expect(await database().select().from(unlockTokens)).toEqual([])
  })
})

describe('resetting a password', () => {
  const CHEAP = cheapHash('the password before')

  test('mails another, ends the sessions and the lock', async () => {
    const { adminId, email } = await makeAdmin('admin', undefined, CHEAP)
    const token = await makeSession(adminId)
    await lock(email)
    const reset = await post(`/admin/reset_password/${adminId}`)
    expect(reset).toMatchObject({
      status: 200,
      json: {
        message: 'Password reset successfully',
        data: { id: adminId, locked: false, has_changed_password: false, password_expired: false },
      },
    })
    expect(await statusOf(token)).toBe(401)
    const mail = await mailTo(email)
    expect(mail.subject).toBe('Your new Steward password')
    const login = signedCaller(await makeClient())
    const withOld = await login('/admin/login', { body: { email, password: 'the password before' } })
    expect(withOld).toMatchObject({ status: 401, json: { locked: false } })
    const withNew = await login('/admin/login', { body: { email, password: passwordIn(mail) } })
    expect(withNew.json.data.admin).toEqual({ ...reset.json.data, last_login_at: expect.any(String) })
  })

  test('changes nothing if the mail cannot be sent', async () => {
    expectLogged('mail_unavailable')
    const { adminId, email } = await makeAdmin('admin', undefined, CHEAP)
    const token = await makeSession(adminId)
    await lock(email)
    const before = [await database().select().from(admins), await database().select().from(loginFailures)]
    const answer = await boss.call(`/admin/reset_password/${adminId}`, {
      method: 'POST',
      via: (request) => fetchWith({ EMAIL: failing(env.EMAIL, 'send') }, request),
    })
    expect(answer).toMatchObject({ status: 502, json: { code: 'mail_unavailable' } })
    expect([await database().select().from(admins), await database().select().from(loginFailures)]).toEqual(
      before,
    )
    expect(await statusOf(token)).toBe(200)
  })
})
