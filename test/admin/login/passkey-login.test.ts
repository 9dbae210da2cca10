import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { toBase64Url } from '../../../src/base/encoding.ts'
import { factorChallenges, passkeys } from '../../../src/db/schema/factors.ts'
import { adminSessions, admins, loginFailures } from '../../../src/db/schema/staff.ts'
import type { Env } from '../../../src/env.ts'
import { fetchWith } from '../../support/bindings/bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { mailsTo } from '../../support/bindings/mail.ts'
import { browserCaller } from '../../support/calls/browser.ts'
import { type Answer, type Caller, loggedIn, signedCaller } from '../../support/calls/http.ts'
import { database, makeClient } from '../../support/factories.ts'
import type { Deviation } from '../../support/factors/authenticator.ts'
import { answerTo, makeAdminWithFactors, makeAuthenticator } from '../../support/factors/factors.ts'
import { MINUTE_MS } from '../../support/times.ts'
import { recordsOf } from '../../support/trail/audit.ts'

const REFUSED = {
  status: 401,
  json: { message: 'Invalid login details', code: 'login_invalid', locked: false },
}

let now: number
let bindings: Partial<Env>
let admin: Awaited<ReturnType<typeof makeAdminWithFactors>>
let client: Caller

beforeEach(async () => {
  now = Date.now()
  bindings = {}
  admin = await makeAdminWithFactors('admin')
  client = signedCaller(await makeClient())
})

const via = (request: Request) => fetchWith(bindings, request, () => now)
const options = async (caller = client) =>
  (await caller('/admin/login/passkey_options', { method: 'POST', via })).json.data
const login = (credential: unknown, caller = client): Promise<Answer> =>
  caller('/admin/login/passkey', { body: { credential }, via })

describe('a passkey alone', () => {
  test('logs in, once for each challenge, and the record says how', async () => {
    const credential = await admin.authenticator.get(await options())
    const answer = await login(credential)
    expect(answer).toMatchObject({
      status: 200,
      json: { message: 'Admin login successful', data: { admin: { id: admin.adminId } } },
    })
    const me = await signedCaller(await makeClient(), answer.json.data.auth_token)('/admin')
    expect(me.json.data.id).toBe(admin.adminId)
    expect(await recordsOf([answer])).toMatchObject([
      { admin_id: admin.adminId, target_id: `${admin.adminId}`, changes: { factors: [null, ['passkey']] } },
    ])
    const [used] = await database().select().from(passkeys)
    expect(used?.lastUsedAt).toBe(now)
    expect(await login(credential)).toMatchObject(REFUSED)
  })

  test('logs a browser in', async () => {
    const browser = browserCaller()
    const answer = await login(await admin.authenticator.get(await options(browser)), browser)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('Set-Cookie')).toMatch(/^__Host-steward_session=stw_session_browser_/)
  })

  test.each([
    { action: 'revoke_credentials', status: 200 },
    { action: 'reset_password', status: 200 },
    { action: 'reset_second_factor', status: 401 },
  ])('answers $status after $action: what shuts out who took an account over', async ({ action, status }) => {
    const boss = await loggedIn()
    const shutOut = await boss.call(`/admin/${action}/${admin.adminId}`, { method: 'POST', via })
    expect(shutOut.status).toBe(200)
    expect((await login(await admin.authenticator.get(await options()))).status).toBe(status)
  })

  test('gives everybody the same to sign, but for the challenge, and says nothing of who has one', async () => {
    const [one, other] = [await options(), await options()]
    expect(one.allowCredentials).toEqual([])
    expect(one.challenge).not.toBe(other.challenge)
    expect({ ...one, challenge: '' }).toEqual({ ...other, challenge: '' })
    expect(JSON.stringify(await database().select().from(factorChallenges))).not.toContain(one.challenge)
  })

  test('of many answers to one challenge one opens a session', async () => {
    bindings = { LOCKOUT_THRESHOLD: '100' }
    const credential = await admin.authenticator.get(await options())
    const answers = await Promise.all(Array.from({ length: 10 }, () => login(credential)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await database().select().from(adminSessions)).toHaveLength(1)
  })
})

const answer = (deviation?: Deviation) => async () => admin.authenticator.get(await options(), deviation)

const WRONG: { name: string; give: () => Promise<object> }[] = [
  { name: 'made on another origin', give: answer({ clientData: { origin: 'https://evil.example' } }) },
  { name: 'for another host', give: answer({ rpId: 'evil.example' }) },
  { name: 'without a finger, a face or a PIN', give: answer({ clear: ['userVerified'] }) },
  { name: 'for a challenge that nobody gave', give: answer({ clientData: { challenge: 'AAAA' } }) },
  {
    name: 'to a challenge of a second factor',
    give: () =>
      answerTo(admin.authenticator, { purpose: 'second_factor', adminId: admin.adminId, boundTo: 'x' }),
  },
  {
    name: 'to a challenge that is 5 minutes old',
    give: async () => {
      const given = await admin.authenticator.get(await options())
      now += 5 * MINUTE_MS
      return given
    },
  },
  {
    name: 'of an account that is disabled',
    give: async () => {
      await database().update(admins).set({ disabledAt: 1 }).where(eq(admins.id, admin.adminId))
      return answer()()
    },
  },
  {
    name: 'of a passkey that nobody has',
    give: async () => (await makeAuthenticator()).get(await options()),
  },
]

test.each(WRONG)('an answer $name is refused', async ({ give }) => {
  expect(await login(await give())).toMatchObject(REFUSED)
  expect(await database().select().from(adminSessions)).toEqual([])
})

test('a copy of a passkey is refused, and the log tells whose it is', async () => {
  expectLogged('"copied_passkey_of_admin_id":')
  await database().update(passkeys).set({ counter: 7 })
  expect(await login(await answer({ counter: 7 })())).toMatchObject(REFUSED)
})

describe('guessing with a passkey', () => {
  const wrong = async (id: string) => ({ ...(await answer({ clear: ['userVerified'] })()), id, rawId: id })

  test('locks the account, exactly, and its owner is told', async () => {
    const id = toBase64Url(admin.authenticator.id)
    const given = await Promise.all(Array.from({ length: 20 }, () => wrong(id)))
    const answers = await Promise.all(given.map((credential) => login(credential)))
    expect(answers.filter(({ json }) => json.locked === false)).toHaveLength(4)
    expect(await login(await answer()())).toMatchObject({ status: 401, json: { locked: true } })
    expect(await mailsTo(admin.email)).toHaveLength(1)
  })

  test('looks the same where nobody has it', async () => {
    bindings = { LOCKOUT_THRESHOLD: '2' }
    const seen = async (id: string) => {
      const answers = []
      for (let i = 0; i < 3; i++) answers.push(await login(await wrong(id)))
      return answers.map(({ status, headers, json: { request_id: _, ...body } }) => {
        const visible = [...headers].filter(([name]) => !['x-request-id', 'x-audit-id'].includes(name))
        return { status, body, visible }
      })
    }
    const known = await seen(toBase64Url(admin.authenticator.id))
    expect(known.map(({ body }) => body.locked)).toEqual([false, true, true])
    expect(await seen(toBase64Url((await makeAuthenticator()).id))).toEqual(known)
  })

  test('is forgotten by a login', async () => {
    await login(await wrong(toBase64Url(admin.authenticator.id)))
    expect((await login(await answer()())).status).toBe(200)
    expect(await database().select().from(loginFailures)).toEqual([])
  })
})
