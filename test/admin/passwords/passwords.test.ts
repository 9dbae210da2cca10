import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { adminSessions, admins, loginFailures } from '../../../src/db/schema/staff.ts'
import type { Env } from '../../../src/env.ts'
import { fetchWith, interceptedDatabase } from '../../support/bindings/bindings.ts'
import { mailTo } from '../../support/bindings/mail.ts'
import { type Answer, type Caller, signedCaller } from '../../support/calls/http.ts'
import { cheapHash, database, makeAdmin, makeClient, makeSession, PASSWORD } from '../../support/factories.ts'
import { HOUR_MS } from '../../support/times.ts'
import { recordsOf, trail } from '../../support/trail/audit.ts'

const CHEAP = cheapHash(PASSWORD)
const NEW = 'fjord%lamp_quiz over the sea'

let bindings: Partial<Env>
let now: number
let adminId: number
let email: string
let token: string
let caller: Caller

beforeEach(async () => {
  bindings = {}
  now = Date.now()
  ;({ adminId, email } = await makeAdmin('customer_success', undefined, CHEAP))
  token = await makeSession(adminId)
  caller = signedCaller(await makeClient(), token)
})

const update = (body: unknown): Promise<Answer> =>
  caller('/admin/update_password', { body, via: (request) => fetchWith(bindings, request, () => now) })

const change = (current: string, password = NEW, confirmation = password) =>
  update({ current_password: current, password, password_confirmation: confirmation })

/** The failures of the account of this test. */
const failures = async () => {
  const ofAccount = eq(loginFailures.emailHash, (await stored())?.emailHash ?? '')
  return database().select().from(loginFailures).where(ofAccount)
}

const stored = async () => (await database().select().from(admins).where(eq(admins.id, adminId)))[0]

test('changes the password, ends every other session, and is on record without either password', async () => {
  await database()
    .update(admins)
    .set({ hasChangedPassword: false, passwordExpiresAt: now - 1 })
    .where(eq(admins.id, adminId))
  await makeSession(adminId)
  const other = await makeAdmin()
  await makeSession(other.adminId)
  const changed = await change(PASSWORD)
  expect(changed).toMatchObject({
    status: 200,
    json: {
      message: 'Password updated successfully',
      data: { id: adminId, email, has_changed_password: true, password_expired: false },
    },
  })
  const sessions = await database().select().from(adminSessions)
  expect(sessions.map((session) => session.adminId).sort()).toEqual([adminId, other.adminId])
  expect(await caller('/admin/list')).toMatchObject({ status: 200 })
  const login = signedCaller(await makeClient())
  expect(await login('/admin/login', { body: { email, password: PASSWORD } })).toMatchObject({ status: 401 })
  expect(await login('/admin/login', { body: { email, password: NEW } })).toMatchObject({ status: 200 })
  expect(await recordsOf([changed])).toMatchObject([
    { stage: 'received', admin_id: adminId },
    { stage: 'completed', admin_id: adminId, target_type: 'admin', target_id: `${adminId}` },
  ])
  const records = JSON.stringify(await trail())
  for (const secret of [PASSWORD, NEW]) expect.soft(records).not.toContain(secret)
})

describe('what is wrong is told all at once', () => {
  const WRONG = 'is invalid'
  const SHORT = 'is too short (minimum is 15 characters)'
  const BLANK = "can't be blank"
  const cases: { name: string; body: unknown; errors: Record<string, string[]> }[] = [
    {
      name: 'nothing',
      body: {},
      errors: { current_password: [BLANK], password: [BLANK], password_confirmation: [BLANK] },
    },
    {
      name: 'wrong types',
      body: { current_password: 1, password: [NEW], password_confirmation: {} },
      errors: { current_password: [WRONG], password: [WRONG], password_confirmation: [WRONG] },
    },
    {
      name: 'a lone surrogate',
      body: { current_password: PASSWORD, password: '\ud800', password_confirmation: NEW },
      errors: { password: [WRONG] },
    },
    {
      name: 'a wrong current password',
      body: { current_password: 'wrong', password: NEW, password_confirmation: NEW },
      errors: { current_password: [WRONG] },
    },
    {
      name: 'everything',
      body: { current_password: 'wrong', password: 'qwerty', password_confirmation: 'qwertz' },
      errors: {
        current_password: [WRONG],
        password: [SHORT, 'is too common', 'is made of repeated or sequential characters'],
        password_confirmation: ["doesn't match password"],
      },
    },
    {
      name: 'everything, with an empty current password',
      body: { current_password: '', password: 'qwerty', password_confirmation: 'qwertz' },
      errors: {
        current_password: [WRONG],
        password: [SHORT, 'is too common', 'is made of repeated or sequential characters'],
        password_confirmation: ["doesn't match password"],
      },
    },
    {
      name: 'the current password again',
      body: { current_password: PASSWORD, password: PASSWORD, password_confirmation: PASSWORD },
      errors: { password: ['is the current password'] },
    },
    {
      name: 'the product’s name',
      body: {
        current_password: PASSWORD,
        password: 'Steward12345678',
        password_confirmation: 'Steward12345678',
      },
      errors: { password: ['is too close to the name of the product'] },
    },
    {
      name: 'a huge password',
      body: {
        current_password: PASSWORD,
        password: 'ab'.repeat(200_000),
        password_confirmation: 'ab'.repeat(200_000),
      },
      errors: { password: ['is too long (maximum is 128 characters)'] },
    },
  ]
  test.each(cases)('$name', async ({ body, errors }) => {
    const refused = await update(body)
    expect(refused).toMatchObject({ status: 422, json: { code: 'invalid' } })
    expect(refused.json.errors).toEqual(errors)
    expect((await stored())?.passwordHash).toBe(CHEAP)
  })

  test('a wrong current password is not told whether the new one is the current', async () => {
    const refused = await change('wrong', 'wrong')
    expect(refused.json.errors.password).toEqual([SHORT])
  })
})

test('the email of the account may not be its password', async () => {
  const long = await makeAdmin('admin', 'grace.brewster.hopper@example.com', CHEAP)
  caller = signedCaller(await makeClient(), await makeSession(long.adminId))
  for (const password of ['grace.brewster.hopper', 'Grace.Brewster.Hopper@Example.com']) {
    const refused = await change(PASSWORD, password)
    expect.soft(refused.json.errors).toEqual({ password: ['is too close to the email address'] })
  }
})

describe('a wrong current password counts as a failed login', () => {
  test('and locks with the fifth, for logins too, and the owner is mailed a link', async () => {
    for (let i = 0; i < 5; i++) expect((await change('wrong')).status).toBe(422)
    const locked = await change(PASSWORD)
    expect(locked).toMatchObject({ status: 429, json: { code: 'throttled' } })
    expect(locked.headers.get('Retry-After')).toBe('3600')
    const login = signedCaller(await makeClient())
    expect(await login('/admin/login', { body: { email, password: PASSWORD } })).toMatchObject({
      status: 401,
      json: { locked: true },
    })
    expect((await mailTo(email)).subject).toBe('Unlock your Steward account')
    expect((await stored())?.passwordHash).toBe(CHEAP)
    now += HOUR_MS
    token = await makeSession(adminId)
    await database().update(adminSessions).set({ lastSeenAt: now })
    expect((await change(PASSWORD)).status).toBe(200)
  })

  test('and a right one starts the count anew, also with a new password that will not do', async () => {
    for (let i = 0; i < 4; i++) await change('wrong')
    expect((await change(PASSWORD, 'short')).json.errors).toEqual({
      password: ['is too short (minimum is 15 characters)'],
    })
    expect(await failures()).toEqual([])
    for (let i = 0; i < 4; i++) expect((await change('wrong')).status).toBe(422)
  })

  test('but not what is refused before it is compared', async () => {
    for (let i = 0; i < 6; i++) expect((await update({ current_password: 'wrong' })).status).toBe(422)
    expect(await failures()).toEqual([])
  })
})

test.each([
  [
    'was reset',
    () =>
      database()
        .update(admins)
        .set({ passwordHash: cheapHash('another password') })
        .execute(),
  ],
  ['lost this session', () => database().delete(adminSessions).execute()],
])('an account that %s while the current password was compared keeps what it has', async (_, meanwhile) => {
  let trips = 0
  const DB = interceptedDatabase(env.DB, () => {
    trips++
    // The third round trip is the one that writes.
    if (trips === 3) void meanwhile()
  })
  bindings = { DB }
  expect(await change(PASSWORD)).toMatchObject({ status: 401, json: { code: 'session_invalid' } })
  expect((await stored())?.passwordHash).not.toMatch(/m=19456/)
})

test('a session is needed', async () => {
  caller = signedCaller(await makeClient())
  expect(await change(PASSWORD)).toMatchObject({ status: 401, json: { code: 'session_invalid' } })
})
