import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { adminApiKeys, adminSessions, admins } from '../../../src/db/schema/staff.ts'
import type { Env } from '../../../src/env.ts'
import { fetchWith, interceptedDatabase } from '../../support/bindings/bindings.ts'
import { mailTo, passwordIn } from '../../support/bindings/mail.ts'
import { type Answer, type CallOptions, call, loggedIn, signedCaller } from '../../support/calls/http.ts'
import {
  cheapHash,
  database,
  makeAdmin,
  makeAdminKey,
  makeClient,
  makeCustomer,
  makeSession,
  PASSWORD,
} from '../../support/factories.ts'

const CHEAP = cheapHash(PASSWORD)

/** One millisecond for all of a test, unless it says otherwise: what came first must not hang on the clock. */
let now: number
let boss: Awaited<ReturnType<typeof loggedIn>>
let client: { id: string; secret: string }

beforeEach(async () => {
  now = Date.now()
  boss = await loggedIn()
  client = await makeClient()
})

const at = (request: Request, bindings: Partial<Env> = {}) => fetchWith(bindings, request, () => now)
const as = (token: string | undefined, path: string, options: CallOptions = {}): Promise<Answer> =>
  signedCaller(client, token)(path, { via: at, ...options })

const login = (email: string, password: string, via = at) =>
  as(undefined, '/admin/login', { body: { email, password }, via })

const withKey = async (key: string): Promise<number[]> => {
  const { uid } = await makeCustomer()
  const impersonated = { 'X-ADMIN-API-KEY': key, 'X-CUSTOMER-ID': uid }
  const answers = [
    await call('/lists', { headers: impersonated, via: at }),
    await call('/admin/customers', { headers: { 'X-ADMIN-API-KEY': key }, via: at }),
  ]
  return answers.map(({ status }) => status)
}

const kvNames = async () => (await env.KEYS.list({ prefix: 'admin_key:' })).keys

describe.each(['reset_password', 'revoke_credentials'])('POST /admin/%s/:id', (action) => {
  const revoke = (adminId: number) =>
    boss.call(`/admin/${action}/${adminId}`, { method: 'POST', via: (request) => at(request) })

  test('ends all sessions and keys at once, also one before its last roll, and shows it', async () => {
    const owner = await makeAdmin('admin', undefined, CHEAP)
    const tokens = [await makeSession(owner.adminId), await makeSession(owner.adminId)]
    const rolledKey = await makeAdminKey(owner)
    const body = { grace_seconds: 3_600 }
    const rolled = await as(tokens[0], `/admin/api_keys/${rolledKey.id}/roll`, { body })
    const keys = [rolledKey.key, rolled.json.data.key, (await makeAdminKey(owner)).key]
    for (const key of keys) expect.soft(await withKey(key)).toEqual([200, 200])
    const others = await makeAdminKey(boss)
    expect((await revoke(owner.adminId)).status).toBe(200)
    for (const token of tokens) expect.soft((await as(token, '/admin')).status).toBe(401)
    for (const key of keys) expect.soft(await withKey(key)).toEqual([401, 401])
    expect(await withKey(others.key)).toEqual([200, 200])
    expect(await kvNames()).toHaveLength(1)
    const shown = await boss.call(`/admin/api_keys?admin_id=${owner.adminId}`)
    expect(shown.json.data.map((key: { revoked_at: string }) => key.revoked_at)).toEqual(
      Array(2).fill(new Date(now).toISOString()),
    )
  })

  test('ends nothing that comes after, even in the same millisecond', async () => {
    const owner = await makeAdmin('admin', undefined, CHEAP)
    expect((await revoke(owner.adminId)).status).toBe(200)
    const isReset = action === 'reset_password'
    const password = isReset ? passwordIn(await mailTo(owner.email)) : PASSWORD
    const { auth_token: token } = (await login(owner.email, password)).json.data
    if (isReset) {
      const chosen = 'a password of my own choice'
      const change = { current_password: password, password: chosen, password_confirmation: chosen }
      expect((await as(token, '/admin/update_password', { body: change })).status).toBe(200)
    }
    const created = await as(token, '/admin/api_keys', { body: { name: 'After' } })
    expect(created.status).toBe(201)
    expect(await withKey(created.json.data.key)).toEqual([200, 200])
  })

  test('stops a login whose password is being compared', async () => {
    const owner = await makeAdmin('admin', undefined, CHEAP)
    let trips = 0
    const DB = interceptedDatabase(env.DB, {
      before: async () => {
        // The third round trip is the one that opens the session.
        if (++trips === 3) await revoke(owner.adminId)
      },
    })
    const late = await login(owner.email, PASSWORD, (request) => at(request, { DB }))
    expect(late).toMatchObject({ status: 401, json: { code: 'login_invalid', locked: false } })
    const sessions = await database()
      .select()
      .from(adminSessions)
      .where(eq(adminSessions.adminId, owner.adminId))
    expect(sessions).toEqual([])
  })
})

describe('POST /admin/revoke_credentials/:id', () => {
  test('leaves the password, and gives the account', async () => {
    const { adminId, email } = await makeAdmin('admin', undefined, CHEAP)
    const revoked = await boss.call(`/admin/revoke_credentials/${adminId}`, { method: 'POST' })
    expect(revoked).toMatchObject({
      status: 200,
      json: {
        message: 'Credentials revoked successfully',
        data: { id: adminId, has_changed_password: true, disabled: false },
      },
    })
    expect((await login(email, PASSWORD)).status).toBe(200)
  })

  test('is not for oneself', async () => {
    const key = await makeAdminKey(boss)
    const refused = await boss.call(`/admin/revoke_credentials/${boss.adminId}`, { method: 'POST' })
    expect(refused).toMatchObject({ status: 409, json: { code: 'self_action' } })
    expect((await boss.call('/admin')).status).toBe(200)
    expect(await withKey(key.key)).toEqual([200, 200])
  })
})

test('the mail of a reset says that sessions and keys ended', async () => {
  const { adminId, email } = await makeAdmin('admin', undefined, CHEAP)
  await boss.call(`/admin/reset_password/${adminId}`, { method: 'POST' })
  expect((await mailTo(email)).text).toContain('all of its sessions and API keys were ended')
})

test('what is older than its account allows lets nobody in, whatever else says it is live', async () => {
  const owner = await makeAdmin('admin', undefined, CHEAP)
  const [token, { key }] = [await makeSession(owner.adminId), await makeAdminKey(owner)]
  const validFrom = (moment: number) =>
    database().update(admins).set({ credentialsValidFrom: moment }).where(eq(admins.id, owner.adminId))
  const createdAt = now - 1_000
  await database().update(adminSessions).set({ createdAt })
  await database().update(adminApiKeys).set({ createdAt })
  await validFrom(createdAt)
  expect([(await as(token, '/admin')).status, ...(await withKey(key))]).toEqual([200, 200, 200])
  await validFrom(createdAt + 1)
  expect([(await as(token, '/admin')).status, ...(await withKey(key))]).toEqual([401, 401, 401])
})

test.each([
  { account: 'that never chose a password', pending: { hasChangedPassword: false } },
  { account: 'whose password is over', pending: { passwordExpiresAt: 1 } },
])('an account $account has no working key until it does', async ({ pending }) => {
  const owner = await makeAdmin('admin', undefined, CHEAP)
  const { key } = await makeAdminKey(owner)
  await database().update(admins).set(pending).where(eq(admins.id, owner.adminId))
  expect(await withKey(key)).toEqual([401, 401])
  const { auth_token: token } = (await login(owner.email, PASSWORD)).json.data
  const chosen = 'a password of my own choice'
  const change = { current_password: PASSWORD, password: chosen, password_confirmation: chosen }
  expect((await as(token, '/admin/update_password', { body: change })).status).toBe(200)
  expect(await withKey(key)).toEqual([200, 200])
})
