import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { passkeys, recoveryCodes, totpSecrets } from '../../../src/db/schema/factors.ts'
import { accessGrants } from '../../../src/db/schema/grants.ts'
import { adminApiKeys, adminSessions } from '../../../src/db/schema/staff.ts'
import type { Env } from '../../../src/env.ts'
import { failing, fetchWith } from '../../support/bindings/bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { mailsTo, mailTo } from '../../support/bindings/mail.ts'
import type { Answer, Caller, CallOptions } from '../../support/calls/http.ts'
import { loggedIn, signedCaller } from '../../support/calls/http.ts'
import {
  database,
  makeAdmin,
  makeAdminKey,
  makeClient,
  makeCustomer,
  makeGrant,
  makeSession,
  PASSWORD,
} from '../../support/factories.ts'
import {
  makeAuthenticator,
  makeFactors,
  makeRecoveryCodes,
  makeTotp,
  totpCode,
} from '../../support/factors/factors.ts'
import { MINUTE_MS } from '../../support/times.ts'
import { listenedQueue, recordsOf } from '../../support/trail/audit.ts'

let now: number
let bindings: Partial<Env>
let admin: Awaited<ReturnType<typeof loggedIn>>
let client: Caller

beforeEach(async () => {
  now = Date.now()
  bindings = {}
  admin = await loggedIn('admin')
  client = signedCaller(await makeClient())
})

/** Settings by which these roles must have a second factor. */
const requiring = (roles: string) => ({ MFA_REQUIRED_ROLES: roles }) as object

const via = (request: Request) => fetchWith(bindings, request, () => now)
const call = (path: string, options: CallOptions = {}) => admin.call(path, { via, ...options })
const post = (path: string, body?: unknown): Promise<Answer> => call(path, { method: 'POST', body })
const remove = (path: string) => call(path, { method: 'DELETE' })
const factorsOf = async () => (await call('/admin')).json.data.second_factors
const login = async () =>
  (await client('/admin/login', { body: { email: admin.email, password: PASSWORD }, via })).json.data
const code = (secret: string, at = now) => totpCode(secret, at)

describe('an authenticator app', () => {
  test('counts from its first code on, which is used up, and its owner is told', async () => {
    const made = await post('/admin/totp')
    expect(made.status).toBe(201)
    const { secret, otpauth_url } = made.json.data
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    const url = new URL(otpauth_url)
    expect([url.protocol, url.host, decodeURIComponent(url.pathname)]).toEqual([
      ...['otpauth:', 'totp'],
      `/Steward:${admin.email}`,
    ])
    expect(Object.fromEntries(url.searchParams)).toEqual({
      ...{ issuer: 'Steward', secret },
      ...{ algorithm: 'SHA1', digits: '6', period: '30' },
    })
    expect(await factorsOf()).toEqual([])
    expect(await login()).toHaveProperty('auth_token')
    const confirmed = await post('/admin/totp/confirm', { totp: code(secret) })
    expect(confirmed).toMatchObject({ status: 200, json: { data: { second_factors: ['totp'] } } })
    const { login_token } = await login()
    const again = { body: { login_token, totp: code(secret) }, via }
    expect((await client('/admin/login/second_factor', again)).status).toBe(401)
    now += 30_000
    const next = { body: { login_token, totp: code(secret) }, via }
    expect((await client('/admin/login/second_factor', next)).status).toBe(200)
    expect((await mailTo(admin.email)).text).toContain('An authenticator app was set up.')
  })

  test('is at rest as a client’s secret is, and nowhere else', async () => {
    const { events, bindings: listened } = listenedQueue()
    bindings = listened
    const { secret } = (await post('/admin/totp')).json.data
    await post('/admin/totp/confirm', { totp: code(secret) })
    await post('/admin/totp/confirm', { totp: code(secret) })
    const kept = JSON.stringify([await database().select().from(totpSecrets), events])
    expect(kept).not.toContain(secret)
    expect(kept).not.toContain(code(secret))
    const [row] = await database().select().from(totpSecrets)
    expect(row).toMatchObject({
      sealedSecret: expect.stringMatching(/^\w+\.[\w-]+\.[\w-]+$/),
      pendingSealedSecret: null,
    })
  })

  test.each([
    { name: 'a wrong code', give: (secret: string) => code(secret, now + 3600_000) },
    {
      name: 'a code after 15 minutes',
      give: (secret: string) => {
        now += 15 * MINUTE_MS
        return code(secret)
      },
    },
  ])('is not confirmed by $name', async ({ give }) => {
    const { secret } = (await post('/admin/totp')).json.data
    const answer = await post('/admin/totp/confirm', { totp: give(secret) })
    expect(answer).toMatchObject({ status: 422, json: { errors: { totp: ['is invalid'] } } })
    expect(await factorsOf()).toEqual([])
  })

  test('is not confirmed where none was set up, nor by a session of somebody else', async () => {
    expect((await post('/admin/totp/confirm', { totp: '123456' })).status).toBe(422)
    const { secret } = (await post('/admin/totp')).json.data
    const other = await loggedIn('admin')
    expect((await other.call('/admin/totp/confirm', { body: { totp: code(secret) }, via })).status).toBe(422)
  })

  test('is replaced by another once that is confirmed, and not before', async () => {
    const before = await makeTotp(admin.adminId)
    const { secret } = (await post('/admin/totp')).json.data
    const complete = async (totp: string) => {
      const { login_token } = await login()
      return (await client('/admin/login/second_factor', { body: { login_token, totp }, via })).status
    }
    expect(await complete(code(secret))).toBe(401)
    expect(await complete(code(before))).toBe(200)
    expect((await post('/admin/totp/confirm', { totp: code(secret) })).status).toBe(200)
    now += 30_000
    expect(await complete(code(before))).toBe(401)
    expect(await complete(code(secret))).toBe(200)
  })

  test('is removed', async () => {
    expect((await remove('/admin/totp')).json.code).toBe('totp_unknown')
    await makeTotp(admin.adminId)
    const answer = await remove('/admin/totp')
    expect(answer).toMatchObject({ status: 200, json: { data: { second_factors: [] } } })
    expect(await recordsOf([answer])).toMatchObject([
      { stage: 'received' },
      { stage: 'completed', target_type: 'admin', changes: { second_factors: [['totp'], []] } },
    ])
    expect((await mailTo(admin.email)).text).toContain('The authenticator app was removed.')
    expect(await login()).toHaveProperty('auth_token')
  })
})

describe('a passkey', () => {
  const add = async (authenticator: Awaited<ReturnType<typeof makeAuthenticator>>, name = 'A phone') => {
    const { data } = (await post('/admin/passkeys/options')).json
    return post('/admin/passkeys', { name, credential: await authenticator.create(data) })
  }

  test('is added, listed and removed, on record, and its owner is told', async () => {
    const authenticator = await makeAuthenticator()
    const added = await add(authenticator)
    expect(added).toMatchObject({
      status: 201,
      json: { data: { name: 'A phone', transports: ['internal', 'hybrid'], last_used_at: null } },
    })
    const { data } = added.json
    expect((await call('/admin/passkeys')).json).toMatchObject({ data: [data], meta: { total: 1 } })
    expect(await factorsOf()).toEqual(['passkey'])
    expect((await mailTo(admin.email)).text).toContain('A passkey was added.')
    const removed = await remove(`/admin/passkeys/${data.id}`)
    expect(removed.json.data).toEqual(data)
    expect(await factorsOf()).toEqual([])
    expect(await recordsOf([added, removed])).toMatchObject([
      { stage: 'received' },
      {
        stage: 'completed',
        target_type: 'passkey',
        target_id: data.id,
        changes: { name: [null, 'A phone'] },
      },
      { stage: 'received', target_id: data.id },
      {
        stage: 'completed',
        target_type: 'passkey',
        target_id: data.id,
        changes: { name: ['A phone', null] },
      },
    ])
  })

  test('is not added by an answer to the options of another session, or twice to one challenge', async () => {
    const authenticator = await makeAuthenticator()
    const { data } = (await post('/admin/passkeys/options')).json
    const body = { name: 'A phone', credential: await authenticator.create(data) }
    const elsewhere = signedCaller(await makeClient(), await makeSession(admin.adminId))
    const refused = { status: 422, json: { errors: { credential: ['is invalid'] } } }
    expect(await elsewhere('/admin/passkeys', { body, via })).toMatchObject(refused)
    expect((await post('/admin/passkeys', body)).status).toBe(201)
    expect(await post('/admin/passkeys', body)).toMatchObject(refused)
  })

  test('that is registered is not registered again, whoever’s it is', async () => {
    const authenticator = await makeAuthenticator()
    expect((await add(authenticator)).status).toBe(201)
    expect(await add(authenticator)).toMatchObject({ status: 409, json: { code: 'passkey_exists' } })
    admin = await loggedIn('admin')
    expect(await add(authenticator)).toMatchObject({ status: 409, json: { code: 'passkey_exists' } })
  })

  test('is one of ten at most, also at once', async () => {
    const [row] = await database().select().from(passkeys)
    expect(row).toBeUndefined()
    for (let i = 0; i < 8; i++) expect((await add(await makeAuthenticator())).status).toBe(201)
    const answers = await Promise.all(Array.from({ length: 4 }, async () => add(await makeAuthenticator())))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 409, 409])
  })

  test('of somebody else is unknown', async () => {
    const other = await makeAdmin('admin')
    await makeFactors(other.adminId)
    const [row] = await database().select().from(passkeys)
    expect(await remove(`/admin/passkeys/${row?.id}`)).toMatchObject({
      status: 404,
      json: { code: 'passkey_unknown' },
    })
    expect((await call('/admin/passkeys')).json.data).toEqual([])
  })
})

describe('recovery codes', () => {
  test('are ten, shown once, kept as hashes, and end those before', async () => {
    const { events, bindings: listened } = listenedQueue()
    bindings = listened
    const first = await post('/admin/recovery_codes')
    expect(first.status).toBe(201)
    const codes: string[] = first.json.data.recovery_codes
    expect(new Set(codes).size).toBe(10)
    for (const each of codes) expect(each).toMatch(/^([2-9a-z]{5}-){4}[2-9a-z]{5}$/)
    const kept = JSON.stringify([await database().select().from(recoveryCodes), events])
    for (const each of codes) expect(kept).not.toContain(each)
    expect(events.at(-1)).toMatchObject({ changes: { recovery_codes: [null, '[redacted]'] } })
    expect((await mailTo(admin.email)).text).toContain('New recovery codes were made')
    const { recovery_codes } = (await post('/admin/recovery_codes')).json.data
    await makeTotp(admin.adminId)
    const complete = async (recovery_code: string | undefined) => {
      const { login_token } = await login()
      return (await client('/admin/login/second_factor', { body: { login_token, recovery_code }, via }))
        .status
    }
    expect(await complete(codes[0])).toBe(401)
    expect(await complete(recovery_codes[0])).toBe(200)
    expect(await complete(recovery_codes[0])).toBe(401)
    expect(await database().select().from(recoveryCodes)).toHaveLength(9)
  })
})

describe('the last factor of a role that must have one', () => {
  const passkeyOf = async (): Promise<string | undefined> =>
    (await database().select().from(passkeys).where(eq(passkeys.adminId, admin.adminId)))[0]?.id

  const LAST: { name: string; goes: typeof passkeys | typeof totpSecrets; pathOf: () => Promise<string> }[] =
    [
      { name: 'the app', goes: passkeys, pathOf: async () => '/admin/totp' },
      { name: 'the passkey', goes: totpSecrets, pathOf: async () => `/admin/passkeys/${await passkeyOf()}` },
    ]

  test.each(LAST)('stays: $name', async ({ goes, pathOf }) => {
    await makeFactors(admin.adminId)
    await database().delete(goes)
    bindings = requiring('admin')
    expect(await remove(await pathOf())).toMatchObject({ status: 409, json: { code: 'last_factor' } })
    bindings = requiring('super_admin')
    expect((await remove(await pathOf())).status).toBe(200)
  })

  test('stays when both are removed at once', async () => {
    await makeFactors(admin.adminId)
    bindings = requiring('admin')
    const id = await passkeyOf()
    const answers = await Promise.all([remove('/admin/totp'), remove(`/admin/passkeys/${id}`)])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
    expect(await factorsOf()).toHaveLength(1)
  })
})

describe('the reset by a super_admin', () => {
  test('takes all factors, and ends all sessions, keys and grants', async () => {
    const owner = await makeAdmin('admin')
    await makeFactors(owner.adminId)
    const key = await makeAdminKey({ adminId: owner.adminId, role: 'admin' })
    const { uid: customerUid } = await makeCustomer()
    await makeGrant({ adminId: owner.adminId, customerUid })
    const own = signedCaller(await makeClient(), await makeSession(owner.adminId))
    const { call: bySuperAdmin } = await loggedIn('super_admin')
    const answer = await bySuperAdmin(`/admin/reset_second_factor/${owner.adminId}`, { method: 'POST' })
    expect(answer).toMatchObject({ status: 200, json: { data: { id: owner.adminId, second_factors: [] } } })
    expect((await own('/admin')).status).toBe(401)
    const [stored] = await database().select().from(adminApiKeys).where(eq(adminApiKeys.id, key.id))
    expect(stored?.revokedAt).not.toBeNull()
    expect((await database().select().from(accessGrants))[0]?.endedAt).not.toBeNull()
    for (const table of [passkeys, totpSecrets, recoveryCodes])
      expect(await database().select().from(table)).toEqual([])
    expect(await recordsOf([answer])).toMatchObject([
      { stage: 'received' },
      {
        stage: 'completed',
        target_id: `${owner.adminId}`,
        changes: {
          second_factors: [['passkey', 'totp'], []],
          credentials_valid_from: [null, expect.any(String)],
        },
      },
    ])
    expect((await mailTo(owner.email)).text).toContain('An administrator took all second factors away')
    const logged = await client('/admin/login', { body: { email: owner.email, password: PASSWORD } })
    expect(logged.json.data).toHaveProperty('auth_token')
  })

  test('is of others, who exist, and by a super_admin', async () => {
    const { call: bySuperAdmin, adminId } = await loggedIn('super_admin')
    const reset = async (id: number, by = bySuperAdmin) =>
      (await by(`/admin/reset_second_factor/${id}`, { method: 'POST' })).json.code
    expect(await reset(adminId)).toBe('self_action')
    expect(await reset(999_999)).toBe('admin_unknown')
    expect(await reset(adminId, admin.call)).toBe('forbidden')
  })
})

test('a password that was changed is told to its owner, and no mail that fails takes it back', async () => {
  const change = (password: string, current: string) =>
    post('/admin/update_password', { current_password: current, password, password_confirmation: password })
  expect((await change('seven purple gardens by the lake', PASSWORD)).status).toBe(200)
  expect((await mailTo(admin.email)).text).toContain('The password was changed.')
  expectLogged('"task":"tell_owner"')
  bindings = { EMAIL: failing(env.EMAIL, 'send') }
  expect((await change('eight purple gardens by the lake', 'seven purple gardens by the lake')).status).toBe(
    200,
  )
  expect(await mailsTo(admin.email)).toHaveLength(1)
})

test('recovery codes are no factor by themselves: an account that has nothing else logs in by its password', async () => {
  await makeRecoveryCodes(admin.adminId)
  expect(await login()).toHaveProperty('auth_token')
  expect(await database().select().from(adminSessions)).toHaveLength(2)
})
