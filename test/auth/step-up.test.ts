import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { adminSessions, admins } from '../../src/db/schema/staff.ts'
import { fetchWith, interceptedDatabase } from '../support/bindings/bindings.ts'
import { type Answer, type Caller, call, loggedIn, signedCaller } from '../support/calls/http.ts'
import { roleFor, routeTable } from '../support/calls/routes.ts'
import { validBody } from '../support/calls/valid-bodies.ts'
import { makeWorld } from '../support/calls/world.ts'
import { database, makeAdmin, makeClient, makeCustomer, makeSession, PASSWORD } from '../support/factories.ts'
import { answerTo, makeFactors, makeTotp, totpCode } from '../support/factors/factors.ts'
import { storedRows } from '../support/stored.ts'
import { MINUTE_MS } from '../support/times.ts'
import { recordsOf } from '../support/trail/audit.ts'

const STEP_UP_MS = 15 * MINUTE_MS

/** The deployment as production is: a proof is fresh for 900 seconds. */
const production = { STEP_UP_SECONDS: '900' } as const

const asProduction =
  (now: () => number, more: object = {}) =>
  (request: Request) =>
    fetchWith({ ...production, ...more }, request, now)

const needsProof = { status: 403, json: { code: 'reauthentication_required' } }

/** What the contract says of step-up. Keys and break-glass depend on what is asked for: below. */
const NEED_PROOF = [
  /^POST \/admin\/(new|role|reset_password|reset_second_factor|revoke_credentials)\b/,
  /^(POST|PATCH) \/admin\/clients/,
  /^(POST|DELETE) \/admin\/(totp|passkeys|recovery_codes)/,
  /^POST \/admin\/impersonation\/(stop|start)$/,
  // Its default scopes are among those.
  /^POST \/admin\/api_keys(\/:id\/roll)?$/,
]

const STAFF_ROUTES = routeTable().filter(({ access }) => access?.kind === 'admin')

test('the table holds the routes that need a proof', () => {
  const names = STAFF_ROUTES.map(({ method, path }) => `${method} ${path}`)
  const found = names.filter((name) => NEED_PROOF.some((pattern) => pattern.test(name)))
  expect(found.length).toBeGreaterThan(17)
})

describe.each(STAFF_ROUTES)('$method $path', (route) => {
  const { method, path } = route
  const isNeeded = NEED_PROOF.some((pattern) => pattern.test(`${method} ${path}`))

  test(isNeeded ? 'needs a fresh proof' : 'needs no fresh proof', async () => {
    const world = await makeWorld(roleFor(route))
    const content = await validBody(route, world)
    const body = content === undefined ? undefined : JSON.stringify(content)
    const headers = {
      ...world.headers('staff', body),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    }
    const ask = (age: number) => {
      // Not by the clock of the request: a code of an authenticator app would be too old as well.
      const via = asProduction(() => Date.now())
      return database()
        .update(adminSessions)
        .set({ provenAt: Date.now() - age })
        .then(() => call(world.path(path, method), { method, body, headers, via }))
    }
    const before = await storedRows(/^admin_sessions$/)
    const stale = await ask(STEP_UP_MS)
    if (!isNeeded) return expect(stale.json?.code).not.toBe('reauthentication_required')
    expect(stale).toMatchObject(needsProof)
    expect(await storedRows(/^admin_sessions$/)).toEqual(before)
    const fresh = await ask(STEP_UP_MS - 30_000)
    expect(fresh.status, fresh.text).toBeLessThan(300)
  })
})

let now: number
let admin: Awaited<ReturnType<typeof loggedIn>>

beforeEach(async () => {
  now = Date.now()
  admin = await loggedIn('super_admin')
})

/** Calls when the proof of the login is over. */
const later = (caller: Caller, more: object = {}): Caller => {
  now = Date.now() + STEP_UP_MS
  return (path, options) => caller(path, { via: asProduction(() => now, more), ...options })
}

describe('an API key', () => {
  const KEYS = [
    { scopes: ['customers:read'], status: 201 },
    { scopes: ['customers:read', 'customers:write'], status: 201 },
    { scopes: ['customers:manage'], status: 403 },
    { scopes: ['customers:keys'], status: 403 },
    { scopes: ['audit:read'], status: 403 },
    { scopes: ['customers:read', 'audit:read'], status: 403 },
    { scopes: undefined, status: 403 },
  ]

  test.each(KEYS)('with $scopes is made without a fresh proof: $status', async ({ scopes, status }) => {
    const answer = await later(admin.call)('/admin/api_keys', { body: { name: 'Nightly', scopes } })
    expect(answer.status).toBe(status)
    if (status === 403) expect(answer).toMatchObject(needsProof)
  })

  test.each(KEYS)('with $scopes is rolled without a fresh proof: $status', async ({ scopes, status }) => {
    const { data } = (await admin.call('/admin/api_keys', { body: { name: 'Nightly', scopes } })).json
    const answer = await later(admin.call)(`/admin/api_keys/${data.id}/roll`, { body: {} })
    expect(answer.status).toBe(status === 403 ? 403 : 200)
    const listed = await admin.call(`/admin/api_keys/${data.id}`)
    expect(listed.json.data.key_hint === data.key_hint).toBe(status === 403)
  })
})

test.each([
  { break_glass: true, status: 403 },
  { break_glass: false, status: 201 },
])('access with break_glass $break_glass is asked for without a fresh proof: $status', async (row) => {
  const { uid } = await makeCustomer()
  const body = { customer_uid: uid, reason: 'An outage', break_glass: row.break_glass }
  const answer = await later(admin.call)('/admin/access_grants', { body })
  expect(answer.status).toBe(row.status)
  if (row.status === 403) expect(answer).toMatchObject(needsProof)
})

describe('POST /admin/reauthenticate', () => {
  const prove = (body: object): Promise<Answer> => later(admin.call)('/admin/reauthenticate', { body })
  const make = () => admin.call('/admin/clients', { body: { name: 'New' }, via: asProduction(() => now) })

  const challenge = async () => {
    const [session] = await database()
      .select()
      .from(adminSessions)
      .where(eq(adminSessions.adminId, admin.adminId))
    return { purpose: 'reauthenticate', adminId: admin.adminId, boundTo: session?.id ?? '' } as const
  }

  const WAYS: { name: string; factors: string[]; give: () => Promise<object> }[] = [
    {
      name: 'the password alone, where there is no factor',
      factors: ['password'],
      give: async () => ({ password: PASSWORD }),
    },
    {
      name: 'the password and a code',
      factors: ['password', 'totp'],
      give: async () => ({
        password: PASSWORD,
        totp: totpCode(await makeTotp(admin.adminId), Date.now() + STEP_UP_MS),
      }),
    },
    {
      name: 'a passkey',
      factors: ['passkey'],
      give: async () => {
        const { authenticator } = await makeFactors(admin.adminId)
        const options = await later(admin.call)('/admin/reauthenticate/options', { method: 'POST' })
        return { passkey: await authenticator.get(options.json.data) }
      },
    },
  ]

  test.each(WAYS)('renews the proof by $name, for 15 minutes, on record', async ({ give, factors }) => {
    const given = await give()
    const answer = await prove(given)
    expect(answer).toMatchObject({ status: 200, json: { message: 'Reauthenticated successfully' } })
    expect((await make()).status).toBe(201)
    now += STEP_UP_MS
    expect(await make()).toMatchObject(needsProof)
    expect(await recordsOf([answer])).toMatchObject([
      { stage: 'received' },
      { stage: 'completed', target_type: 'session', changes: { factors: [null, factors] } },
    ])
    const stored = JSON.stringify(await recordsOf([answer]))
    expect(stored).not.toContain(PASSWORD)
  })

  test('refuses a code beside a passkey, which would go without a look at it', async () => {
    const { authenticator, secret } = await makeFactors(admin.adminId)
    const options = await later(admin.call)('/admin/reauthenticate/options', { method: 'POST' })
    const passkey = await authenticator.get(options.json.data)
    const refused = await prove({ passkey, totp: totpCode(secret, now) })
    expect(refused).toMatchObject({ status: 422, json: { errors: { totp: ['goes without passkey'] } } })
    expect((await prove({ passkey })).status).toBe(200)
  })

  const WRONG: {
    name: string
    has?: true
    give: (secret: string) => Promise<object> | object
    fields: string[]
  }[] = [
    { name: 'nothing', give: () => ({}), fields: ['password'] },
    { name: 'a wrong password', give: () => ({ password: 'wrong' }), fields: ['password'] },
    {
      name: 'the password alone, with factors',
      has: true,
      give: () => ({ password: PASSWORD }),
      fields: ['passkey'],
    },
    {
      name: 'a code alone',
      has: true,
      give: (secret) => ({ totp: totpCode(secret, now) }),
      fields: ['password'],
    },
    {
      name: 'a wrong code',
      has: true,
      give: () => ({ password: PASSWORD, totp: 'abcdef' }),
      fields: ['totp'],
    },
    {
      name: 'both wrong',
      has: true,
      give: () => ({ password: 'wrong', totp: 'abcdef' }),
      fields: ['password', 'totp'],
    },
    {
      name: 'a code of no app',
      give: () => ({ password: PASSWORD, totp: '123456' }),
      fields: ['totp'],
    },
    {
      name: "a colleague's passkey",
      has: true,
      give: async () => ({
        passkey: await answerTo(
          (await makeFactors((await makeAdmin()).adminId)).authenticator,
          await challenge(),
        ),
      }),
      fields: ['passkey'],
    },
  ]

  test.each(WRONG)('refuses $name, and nothing is renewed', async ({ has, give, fields }) => {
    now = Date.now() + STEP_UP_MS
    const secret = has ? (await makeFactors(admin.adminId)).secret : ''
    const answer = await prove(await give(secret))
    expect(answer.status).toBe(422)
    expect(Object.keys(answer.json.errors)).toEqual(fields)
    expect(await make()).toMatchObject(needsProof)
  })

  test('refuses the answer of a passkey to the options of another session', async () => {
    const { authenticator } = await makeFactors(admin.adminId)
    const other = signedCaller(await makeClient(), await makeSession(admin.adminId))
    const options = (await other('/admin/reauthenticate/options', { method: 'POST' })).json.data
    expect((await prove({ passkey: await authenticator.get(options) })).status).toBe(422)
  })

  test('takes a code once', async () => {
    const totp = totpCode(await makeTotp(admin.adminId), Date.now() + STEP_UP_MS)
    const answers = await Promise.all(Array.from({ length: 4 }, () => prove({ password: PASSWORD, totp })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('counts what is wrong as failed logins: the fifth locks, and the session with it cannot prove itself', async () => {
    for (let i = 0; i < 5; i++) expect((await prove({ password: `wrong ${i}` })).status).toBe(422)
    const locked = await prove({ password: PASSWORD })
    expect(locked).toMatchObject({ status: 429, json: { code: 'throttled' } })
    expect(locked.headers.get('Retry-After')).toBe('3600')
    const login = await signedCaller(await makeClient())('/admin/login', {
      body: { email: admin.email, password: PASSWORD },
      via: asProduction(() => now),
    })
    expect(login).toMatchObject({ status: 401, json: { locked: true } })
  })

  test('renews nothing for a session that ends meanwhile', async () => {
    let trips = 0
    const DB = interceptedDatabase(env.DB, () => {
      trips++
      // The third round trip is the one that notes the proof.
      if (trips === 3) database().delete(adminSessions).execute()
    })
    const answer = await later(admin.call, { DB })('/admin/reauthenticate', { body: { password: PASSWORD } })
    expect(answer).toMatchObject({ status: 401, json: { code: 'session_invalid' } })
  })
})

test.each(['/admin/clients', '/admin/api_keys'])(
  'what is remembered of a proof is proven by the change that relies on it: %s',
  async (path) => {
    const make = () => admin.call(path, { body: { name: 'New' }, via: asProduction(() => now) })
    expect((await make()).status).toBe(201)
    await database()
      .update(adminSessions)
      .set({ provenAt: 1 })
      .where(eq(adminSessions.adminId, admin.adminId))
    const before = await storedRows()
    expect(await make()).toMatchObject(needsProof)
    expect(await storedRows()).toEqual(before)
    await database().update(adminSessions).set({ provenAt: now })
    expect((await make()).status).toBe(201)
  },
)

describe('a role that must have a second factor', () => {
  /** What such a session may do, as the contract says. */
  const MAY = [
    /^GET \/admin$/,
    /^POST \/admin\/(logout|update_password|reauthenticate(\/options)?)$/,
    / \/admin\/(totp|passkeys|recovery_codes)/,
  ]

  test.each(STAFF_ROUTES)('$method $path, without one', async (route) => {
    const { method, path } = route
    const world = await makeWorld(roleFor(route))
    const { adminId } = await makeAdmin(roleFor(route))
    const content = await validBody(route, world)
    const own = signedCaller(world.client, await makeSession(adminId))
    const via = asProduction(() => Date.now(), {
      MFA_REQUIRED_ROLES: 'customer_success,banking_operations,admin,super_admin',
    })
    const before = await storedRows()
    const answer = await own(world.path(path, method), { method, body: content, via })
    if (MAY.some((pattern) => pattern.test(`${method} ${path}`))) {
      expect(answer.json.code).not.toBe('second_factor_required')
      return
    }
    expect(answer).toMatchObject({ status: 403, json: { code: 'second_factor_required' } })
    expect(await storedRows()).toEqual(before)
  })

  test('has all it may once it has one, in the same session, and nothing once it is gone', async () => {
    const via = asProduction(() => Date.now(), { MFA_REQUIRED_ROLES: 'super_admin' })
    const list = () => admin.call('/admin/list', { via })
    const make = () => admin.call('/admin/clients', { body: { name: 'New' }, via })
    const refused = { status: 403, json: { code: 'second_factor_required' } }
    expect(await list()).toMatchObject(refused)
    const { secret } = (await admin.call('/admin/totp', { method: 'POST', via })).json.data
    expect(await make()).toMatchObject(refused)
    expect((await admin.call('/admin/totp/confirm', { body: { totp: totpCode(secret) }, via })).status).toBe(
      200,
    )
    expect((await list()).status).toBe(200)
    expect((await make()).status).toBe(201)
    await env.DB.prepare('DELETE FROM totp_secrets').run()
    expect(await make()).toMatchObject(refused)
    expect(await list()).toMatchObject(refused)
  })

  test('owes a password first, and a role that need not have one owes nothing', async () => {
    const other = await loggedIn('admin')
    const via = asProduction(() => Date.now(), { MFA_REQUIRED_ROLES: 'super_admin' })
    expect((await other.call('/admin/list', { via })).status).toBe(200)
    await database().update(admins).set({ hasChangedPassword: false })
    expect((await admin.call('/admin/list', { via })).json.code).toBe('password_change_required')
    expect((await admin.call('/admin/totp', { method: 'POST', via })).json.code).toBe(
      'password_change_required',
    )
  })
})
