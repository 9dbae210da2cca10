import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { TOTP } from 'otpauth/bare'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { toBase64Url } from '../../../src/base/encoding.ts'
import { sha256Hex } from '../../../src/crypto/digest.ts'
import { loginTokens, passkeys, recoveryCodes, totpSecrets } from '../../../src/db/schema/factors.ts'
import { adminSessions, admins, loginFailures } from '../../../src/db/schema/staff.ts'
import type { Env } from '../../../src/env.ts'
import { fetchWith } from '../../support/bindings/bindings.ts'
import { countedBindings } from '../../support/bindings/counted-bindings.ts'
import { mailsTo } from '../../support/bindings/mail.ts'
import { browserCaller } from '../../support/calls/browser.ts'
import { type Answer, type Caller, loggedIn, signedCaller } from '../../support/calls/http.ts'
import { cheapHash, database, makeAdmin, makeClient, PASSWORD } from '../../support/factories.ts'
import { answerTo, makeAdminWithFactors, makeAuthenticator, totpCode } from '../../support/factors/factors.ts'
import { DAY_MS, MINUTE_MS } from '../../support/times.ts'
import { recordsOf } from '../../support/trail/audit.ts'

// Counts the codes that are compared, and compares them.
const comparing = vi.spyOn(TOTP.prototype, 'validate')
afterAll(() => comparing.mockRestore())

const CHEAP = cheapHash(PASSWORD)
const STEP_MS = 30_000

type Admin = Awaited<ReturnType<typeof makeAdminWithFactors>>

let now: number
let bindings: Partial<Env>
let admin: Admin
let client: Caller

beforeEach(async () => {
  now = Date.now()
  bindings = {}
  admin = await makeAdminWithFactors('admin', CHEAP)
  client = signedCaller(await makeClient())
})

const via = (request: Request) => fetchWith(bindings, request, () => now)
const login = (email = admin.email, password = PASSWORD, caller = client): Promise<Answer> =>
  caller('/admin/login', { body: { email, password }, via })
const loginToken = async (caller = client): Promise<string> =>
  (await login(admin.email, PASSWORD, caller)).json.data.login_token
const complete = (body: Record<string, unknown>, caller = client): Promise<Answer> =>
  caller('/admin/login/second_factor', { body, via })
const code = (at = now) => totpCode(admin.secret, at)
const challengeOf = (token: string) =>
  ({ purpose: 'second_factor', adminId: admin.adminId, boundTo: sha256Hex(token) }) as const

const REFUSED = {
  status: 401,
  json: { message: 'Invalid login details', code: 'login_invalid', locked: false },
}

describe('an account with a second factor', () => {
  test('gets a login token and no session for its password', async () => {
    const answer = await login()
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      message: 'Second factor required',
      data: {
        login_token: expect.stringMatching(/^stw_login_[\w-]{43}$/),
        expires_at: new Date(now + 5 * MINUTE_MS).toISOString(),
        methods: ['passkey', 'totp', 'recovery_code'],
        passkey_options: expect.objectContaining({
          rpId: 'localhost',
          userVerification: 'required',
          allowCredentials: [expect.objectContaining({ id: toBase64Url(admin.authenticator.id) })],
        }),
      },
    })
    expect(await database().select().from(adminSessions)).toEqual([])
    const stored = JSON.stringify(await database().select().from(loginTokens))
    expect(stored).toContain(sha256Hex(answer.json.data.login_token))
    expect(stored).not.toContain(answer.json.data.login_token)
  })

  test('is on record as half logged in: by what, and what is waited for', async () => {
    expect(await recordsOf([await login()])).toMatchObject([
      {
        actor_type: 'anonymous',
        target_id: `${admin.adminId}`,
        changes: {
          factors: [null, ['password']],
          waits_for: [null, ['passkey', 'totp', 'recovery_code']],
        },
      },
    ])
  })

  test.each([
    { name: 'a passkey', gone: recoveryCodes, methods: ['passkey', 'totp'] },
    { name: 'an app', gone: passkeys, methods: ['totp', 'recovery_code'] },
    { name: 'no app', gone: totpSecrets, methods: ['passkey', 'recovery_code'] },
  ])('is told what it has: $name', async ({ gone, methods }) => {
    await database().delete(gone)
    const { data } = (await login()).json
    expect(data.methods).toEqual(methods)
    expect('passkey_options' in data).toBe(methods.includes('passkey'))
  })

  const WAYS: { name: string; factor: string; give: (token: string) => Promise<object> | object }[] = [
    { name: 'a code', factor: 'totp', give: () => ({ totp: code() }) },
    { name: 'a code of a step ago', factor: 'totp', give: () => ({ totp: code(now - STEP_MS) }) },
    { name: 'a code of the next step', factor: 'totp', give: () => ({ totp: code(now + STEP_MS) }) },
    { name: 'a code with a blank', factor: 'totp', give: () => ({ totp: code().replace(/^.../, '$& ') }) },
    { name: 'a recovery code', factor: 'recovery_code', give: () => ({ recovery_code: admin.codes[3] }) },
    {
      name: 'a recovery code in capitals, without hyphens',
      factor: 'recovery_code',
      give: () => ({ recovery_code: admin.codes[3]?.toUpperCase().replaceAll('-', ' ') }),
    },
    {
      name: 'a passkey',
      factor: 'passkey',
      give: async (token) => ({ passkey: await answerTo(admin.authenticator, challengeOf(token)) }),
    },
  ]

  test.each(WAYS)('logs in by $name, once, and the record says how', async ({ factor, give }) => {
    const token = await loginToken()
    const given = await give(token)
    const answer = await complete({ login_token: token, ...given })
    expect(answer).toMatchObject({
      status: 200,
      json: { message: 'Admin login successful', data: { admin: { id: admin.adminId } } },
    })
    const me = await signedCaller(await makeClient(), answer.json.data.auth_token)('/admin')
    expect(me.json.data.second_factors).toEqual(['passkey', 'totp'])
    expect(await recordsOf([answer])).toMatchObject([
      {
        actor_type: 'admin',
        admin_id: admin.adminId,
        target_type: 'admin',
        changes: { factors: [null, ['password', factor]] },
      },
    ])
    expect(await complete({ login_token: token, ...given })).toMatchObject(REFUSED)
    // Nor is the factor good for another login; a passkey's answer is bound to the first one besides.
    expect(await complete({ login_token: await loginToken(), ...given })).toMatchObject(REFUSED)
  })

  test('goes on with the options that its password was answered with', async () => {
    const { data } = (await login()).json
    const passkey = await admin.authenticator.get(data.passkey_options)
    expect((await complete({ login_token: data.login_token, passkey })).status).toBe(200)
  })

  test('may mistype a code', async () => {
    const token = await loginToken()
    expect(await complete({ login_token: token, totp: '000000' })).toMatchObject(REFUSED)
    expect((await complete({ login_token: token, totp: code() })).status).toBe(200)
  })
})

const OTHERS: { name: string; give: (token: string) => Promise<object> | object }[] = [
  { name: 'a wrong code', give: () => ({ totp: `${(Number(code()) + 1) % 1_000_000}`.padStart(6, '0') }) },
  { name: 'a code of two steps ago', give: () => ({ totp: code(now - 2 * STEP_MS) }) },
  { name: 'a code of two steps ahead', give: () => ({ totp: code(now + 2 * STEP_MS) }) },
  { name: 'a code with a digit more', give: () => ({ totp: `${code()}0` }) },
  { name: 'no digits', give: () => ({ totp: 'abcdef' }) },
  {
    name: "a colleague's code",
    give: async () => ({ totp: totpCode((await makeAdminWithFactors()).secret, now) }),
  },
  { name: 'a wrong recovery code', give: () => ({ recovery_code: 'aaaaa-bbbbb-ccccc-ddddd' }) },
  {
    name: "a colleague's recovery code",
    give: async () => ({ recovery_code: (await makeAdminWithFactors()).codes[0] }),
  },
  {
    name: "a colleague's passkey",
    give: async (token) => ({
      passkey: await answerTo((await makeAdminWithFactors()).authenticator, challengeOf(token)),
    }),
  },
  {
    name: 'a passkey that nobody has',
    give: async (token) => {
      const { authenticator } = admin
      const other = await makeAuthenticator()
      other.userHandle = authenticator.userHandle
      return { passkey: await answerTo(other, challengeOf(token)) }
    },
  },
  {
    name: 'the answer to a challenge of a passkey alone',
    give: async () => ({ passkey: await answerTo(admin.authenticator, { purpose: 'login' }) }),
  },
  {
    name: 'the answer to a challenge of another login',
    give: async () => ({ passkey: await answerTo(admin.authenticator, challengeOf(await loginToken())) }),
  },
  {
    name: 'a passkey that was removed meanwhile',
    give: async (token) => {
      const passkey = await answerTo(admin.authenticator, challengeOf(token))
      await database().delete(passkeys)
      return { passkey }
    },
  },
  {
    name: 'the code of an app that was removed meanwhile',
    give: async () => {
      await database().delete(totpSecrets)
      return { totp: code() }
    },
  },
]

test.each(OTHERS)('$name is no second factor', async ({ give }) => {
  const token = await loginToken()
  expect(await complete({ login_token: token, ...(await give(token)) })).toMatchObject(REFUSED)
  expect(await database().select().from(adminSessions)).toEqual([])
})

const updateAdmin = (set: Partial<typeof admins.$inferInsert>) =>
  database().update(admins).set(set).where(eq(admins.id, admin.adminId))

const bySuperAdmin = (path: string) => async () => {
  const { call } = await loggedIn('super_admin')
  expect((await call(path.replace(':id', `${admin.adminId}`), { method: 'POST' })).status).toBe(200)
}

const ENDS: { name: string; token?: (token: string) => string; does?: () => unknown }[] = [
  { name: 'is unknown', token: () => `stw_login_${'x'.repeat(43)}` },
  { name: 'is no token', token: () => 'x' },
  { name: 'is one of a browser', token: (token) => token.replace('login_', 'login_browser_') },
  { name: 'is 5 minutes old', does: () => (now += 5 * MINUTE_MS) },
  { name: 'is of an account that was disabled', does: () => updateAdmin({ disabledAt: 1 }) },
  {
    name: 'is older than what the account takes',
    does: () => updateAdmin({ credentialsValidFrom: now + DAY_MS }),
  },
  {
    name: 'is of an account that was disabled and enabled',
    does: async () => {
      await bySuperAdmin('/admin/disable/:id')()
      await bySuperAdmin('/admin/enable/:id')()
    },
  },
  {
    name: 'is of an account whose credentials were revoked',
    does: bySuperAdmin('/admin/revoke_credentials/:id'),
  },
  { name: 'is of an account whose password was reset', does: bySuperAdmin('/admin/reset_password/:id') },
  { name: 'is of an account whose factors were reset', does: bySuperAdmin('/admin/reset_second_factor/:id') },
  {
    name: 'is of an account whose sessions were ended',
    does: async () => {
      const { call } = await loggedIn('super_admin')
      await call(`/admin/${admin.adminId}/sessions`, { method: 'DELETE' })
    },
  },
  {
    name: 'is of an account whose password was changed',
    does: async () => {
      const { data } = (await complete({ login_token: await loginToken(), recovery_code: admin.codes[0] }))
        .json
      const own = signedCaller(await makeClient(), data.auth_token)
      const password = 'seven purple gardens by the lake'
      const body = { current_password: PASSWORD, password, password_confirmation: password }
      expect((await own('/admin/update_password', { body, via })).status).toBe(200)
    },
  },
]

test.each(ENDS)('a login token that $name is refused', async ({ token = (same) => same, does }) => {
  const given = await loginToken()
  await does?.()
  expect(await complete({ login_token: token(given), totp: code() })).toMatchObject(REFUSED)
})

test('what is no login token is not looked for', async () => {
  const tripsFor = async (login_token: string) => {
    const counted = countedBindings(env)
    bindings = counted.bindings
    expect(await complete({ login_token, totp: code() })).toMatchObject(REFUSED)
    return counted.counts.d1
  }
  await login()
  const unknown = await tripsFor(`stw_login_${'x'.repeat(43)}`)
  expect(await tripsFor('stw_login_x')).toBe(unknown - 1)
})

test('a login that a browser began is finished by it alone', async () => {
  const browser = browserCaller()
  const begun = await loginToken(browser)
  expect(begun).toMatch(/^stw_login_browser_/)
  expect(await complete({ login_token: begun, totp: code() })).toMatchObject(REFUSED)
  const done = await complete({ login_token: begun, totp: code() }, browser)
  expect(done.status).toBe(200)
  expect(done.json.data.auth_token).toBeUndefined()
  expect(done.headers.get('Set-Cookie')).toMatch(/^__Host-steward_session=stw_session_browser_/)
})

test.each([
  { name: 'none', given: {}, errors: { totp: ['has to be given, or one of the others instead'] } },
  {
    name: 'two',
    given: { totp: '123456', recovery_code: 'aaaaa-bbbbb-ccccc-ddddd' },
    errors: { recovery_code: ['goes without totp'] },
  },
])('of factors it takes one: $name are 422, and no failure', async ({ given, errors }) => {
  const answer = await complete({ login_token: await loginToken(), ...given })
  expect(answer.status).toBe(422)
  expect(answer.json.errors).toEqual(errors)
  expect(await database().select().from(loginFailures)).toMatchObject([{ failedAt: '[]' }])
})

describe('of many at once', () => {
  test.each([
    { name: 'logins by one code', give: () => ({ totp: code() }) },
    { name: 'logins by one recovery code', give: () => ({ recovery_code: admin.codes[0] }) },
  ])('$name one opens a session', async ({ give }) => {
    bindings = { LOCKOUT_THRESHOLD: '100' }
    const tokens = []
    for (let i = 0; i < 10; i++) tokens.push(await loginToken())
    const answers = await Promise.all(tokens.map((login_token) => complete({ login_token, ...give() })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await database().select().from(adminSessions)).toHaveLength(1)
  })

  test('uses of one login token by ten factors one opens a session, and no other factor is used up', async () => {
    bindings = { LOCKOUT_THRESHOLD: '100' }
    const login_token = await loginToken()
    const answers = await Promise.all(
      admin.codes.map((recovery_code) => complete({ login_token, recovery_code })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await database().select().from(recoveryCodes)).toHaveLength(9)
  })
})

describe('guessing a factor is guessing', () => {
  const isLocked = ({ json }: Answer) => json.locked as boolean
  const wrong = (i: number) => ({ totp: `${(Number(code()) + 1 + i) % 1_000_000}`.padStart(6, '0') })

  test('of 200 simultaneous wrong codes five are compared, whichever login they are for, and the owner is told once', async () => {
    const tokens = [await loginToken(), await loginToken()]
    const before = comparing.mock.calls.length
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => complete({ login_token: tokens[i % 2], ...wrong(i % 20) })),
    )
    expect(comparing.mock.calls.length - before).toBe(5)
    expect(answers.every(({ status }) => status === 401)).toBe(true)
    expect(answers.filter((answer) => !isLocked(answer))).toHaveLength(4)
    expect(await mailsTo(admin.email)).toHaveLength(1)
    expect(await login()).toMatchObject({ status: 401, json: { locked: true } })
  })

  test('counts over all methods together, with the password', async () => {
    const login_token = await loginToken()
    const passkey = await answerTo(await makeAuthenticator(), challengeOf(login_token))
    const answers = [
      await login(admin.email, 'wrong'),
      await complete({ login_token, ...wrong(1) }),
      await complete({ login_token, recovery_code: 'aaaaa-bbbbb-ccccc-ddddd' }),
      await complete({ login_token, passkey }),
      await login(admin.email, 'wrong'),
    ]
    expect(answers.map(isLocked)).toEqual([false, false, false, false, true])
    const right = await complete({ login_token, totp: code() })
    expect(right).toMatchObject({ status: 401, json: { locked: true } })
    expect(right.headers.get('Retry-After')).toBe('3600')
  })

  test('is not begun anew by the right password', async () => {
    const answers = []
    for (let i = 0; i < 5; i++) answers.push(await complete({ login_token: await loginToken(), ...wrong(i) }))
    expect(answers.map(isLocked)).toEqual([false, false, false, false, true])
  })

  test('is not begun anew by a right current password either', async () => {
    const { data } = (await complete({ login_token: await loginToken(), totp: code() })).json
    const own = signedCaller(await makeClient(), data.auth_token)
    const reauthenticate = (totp: object) =>
      own('/admin/reauthenticate', { body: { password: PASSWORD, ...totp }, via })
    const change = () =>
      own('/admin/update_password', {
        body: { current_password: PASSWORD, password: 'short', password_confirmation: 'short' },
        via,
      })
    for (let i = 0; i < 4; i++) {
      expect((await reauthenticate(wrong(i))).status).toBe(422)
      expect((await change()).json.errors).not.toHaveProperty('current_password')
    }
    expect((await reauthenticate(wrong(5))).status).toBe(422)
    expect((await reauthenticate({ totp: code(now + STEP_MS) })).status).toBe(429)
  })

  test('is forgotten by a whole login', async () => {
    for (let i = 0; i < 4; i++) await complete({ login_token: await loginToken(), ...wrong(i) })
    expect((await complete({ login_token: await loginToken(), totp: code() })).status).toBe(200)
    expect(await database().select().from(loginFailures)).toEqual([])
  })

  test('is not what the first step alone does, however often', async () => {
    for (let i = 0; i < 12; i++) expect((await login()).status).toBe(200)
    const atOnce = await Promise.all(Array.from({ length: 4 }, () => login()))
    expect(atOnce.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect((await complete({ login_token: await loginToken(), totp: code() })).status).toBe(200)
  })
})

test('who has a factor shows to nobody without the password', async () => {
  const seen = async (email: string) => {
    const { status, json, headers } = await login(email, 'wrong')
    const visible = [...headers].filter(([name]) => !['x-request-id', 'x-audit-id'].includes(name))
    return { status, json: { ...json, request_id: '' }, visible }
  }
  const withFactors = await seen(admin.email)
  expect(withFactors.status).toBe(401)
  expect(await seen((await makeAdmin('admin', undefined, CHEAP)).email)).toEqual(withFactors)
  expect(await seen('nobody@example.com')).toEqual(withFactors)
})
