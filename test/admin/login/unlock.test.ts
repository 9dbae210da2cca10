import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { loginFailures, unlockTokens } from '../../../src/db/schema/staff.ts'
import type { Env } from '../../../src/env.ts'
import { failing, fetchWith } from '../../support/bindings/bindings.ts'
import { countedBindings } from '../../support/bindings/counted-bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { mailTo, tokenIn } from '../../support/bindings/mail.ts'
import { type Answer, type CallOptions, call, signedCaller } from '../../support/calls/http.ts'
import { cheapHash, database, makeAdmin, makeClient, PASSWORD } from '../../support/factories.ts'
import { makeAdminWithFactors } from '../../support/factors/factors.ts'
import { HOUR_MS } from '../../support/times.ts'
import { recordsOf, trail } from '../../support/trail/audit.ts'

const CHEAP = cheapHash(PASSWORD)

let bindings: Partial<Env>
let now: number

beforeEach(() => {
  // One failure is enough to get a link.
  bindings = { LOCKOUT_THRESHOLD: '1' }
  now = Date.now()
})

const browse = (path: string, options: CallOptions = {}) =>
  call(path, { via: (request) => fetchWith(bindings, request, () => now), ...options })

const press = (token: string) =>
  browse('/admin/unlock', {
    method: 'POST',
    body: new URLSearchParams({ token }).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })

/** A locked account, the token that was mailed to its owner, and the way to log in to it. */
async function lockedAdmin() {
  const admin = await makeAdmin('admin', undefined, CHEAP)
  const client = signedCaller(await makeClient())
  const login = (password: string): Promise<Answer> =>
    client('/admin/login', {
      body: { email: admin.email, password },
      via: (request) => fetchWith(bindings, request, () => now),
    })
  expect((await login('wrong')).json.locked).toBe(true)
  return { ...admin, login, token: tokenIn(await mailTo(admin.email)) }
}

test('the link shows a page with a button, and changes nothing however often it is followed', async () => {
  const { token, login } = await lockedAdmin()
  for (const method of ['GET', 'GET', 'HEAD']) {
    const page = await browse(`/admin/unlock?token=${token}`, { method })
    expect.soft(page.status).toBe(200)
    expect.soft(page.headers.get('Content-Type')).toBe('text/html; charset=UTF-8')
    if (method === 'GET') {
      expect(page.text).toContain('<form method="post" action="/admin/unlock">')
      expect(page.text).toContain(`<input type="hidden" name="token" value="${token}">`)
    }
  }
  expect(await login(PASSWORD)).toMatchObject({ status: 401, json: { locked: true } })
})

/** What a lock is told with, whatever came of it: by mail, and on the page of its link. */
const TOLD = {
  mail: expect.stringMatching(
    /Too many logins failed for \S+[\s\S]*may know your password: change it once you are in, and tell an administrator\.\n/,
  ),
  page: expect.stringContaining('Too many logins failed for your account.'),
}

test.each([
  { name: 'wrong passwords', isPasswordRight: false },
  { name: 'wrong codes after the right password', isPasswordRight: true },
])('a lock by $name is told without a claim about the password', async ({ isPasswordRight }) => {
  const { email } = await makeAdminWithFactors('admin', CHEAP)
  const client = signedCaller(await makeClient())
  const via = (request: Request) => fetchWith(bindings, request, () => now)
  const password = isPasswordRight ? PASSWORD : 'wrong'
  const first = await client('/admin/login', { body: { email, password }, via })
  if (isPasswordRight) {
    const body = { login_token: first.json.data.login_token, totp: '000000' }
    expect((await client('/admin/login/second_factor', { body, via })).json.locked).toBe(true)
  }
  const mail = await mailTo(email)
  const page = await browse(`/admin/unlock?token=${tokenIn(mail)}`)
  expect({ mail: mail.text, page: page.text }).toEqual(TOLD)
})

test('the button unlocks the account, once, and it is on record', async () => {
  const { token, login, adminId } = await lockedAdmin()
  const unlocked = await press(token)
  expect(unlocked.status).toBe(200)
  expect(unlocked.text).toContain('Your account is unlocked')
  expect(await database().select().from(loginFailures)).toEqual([])
  expect(await database().select().from(unlockTokens)).toEqual([])
  expect((await login(PASSWORD)).status).toBe(200)

  const again = await press(token)
  expect(again.status).toBe(404)
  expect(again.text).toContain('This link does not work any more')
  const entries = await recordsOf([unlocked])
  expect(
    entries.map(({ stage, actor_type, target_type, target_id, result }) => [
      stage,
      actor_type,
      target_type,
      target_id,
      result,
    ]),
  ).toEqual([
    ['received', 'anonymous', 'admin', `${adminId}`, null],
    ['completed', 'anonymous', 'admin', `${adminId}`, 'success'],
  ])
  expect(JSON.stringify(await trail())).not.toContain(token)
})

test('of many presses at once one unlocks', async () => {
  const { token } = await lockedAdmin()
  const answers = await Promise.all(Array.from({ length: 10 }, () => press(token)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 404)).toHaveLength(9)
})

test('the newest link ends those before it', async () => {
  const { token, login, email } = await lockedAdmin()
  now += HOUR_MS - 1
  await database().delete(loginFailures)
  for (const { name } of (await env.KEYS.list()).keys) await env.KEYS.delete(name)
  await env.SENT_MAIL.clear()
  expect((await login('wrong')).json.locked).toBe(true)
  expect((await press(tokenIn(await mailTo(email)))).status).toBe(200)
  expect((await press(token)).status).toBe(404)
})

describe('a link that does not work', () => {
  const visible = ({ status, text, headers }: Answer) => ({
    status,
    text: text.replaceAll(/nonce="\w+"/g, ''),
    policy: headers.get('Content-Security-Policy')?.replace(/'nonce-\w+'/, ''),
  })

  test('looks the same whether it is unknown, used, an hour old, or none, shown and pressed', async () => {
    const used = await lockedAdmin()
    await press(used.token)
    const old = await lockedAdmin()
    now += HOUR_MS
    const unknown = `stw_unlock_${'x'.repeat(43)}`
    const tokens = [old.token, used.token, unknown, 'stw_unlock_unknown', '', '\0', 'x'.repeat(5_000)]
    const paths = tokens.map((token) => `/admin/unlock?token=${encodeURIComponent(token)}`)
    const answers = [
      ...(await Promise.all([...paths, '/admin/unlock'].map((path) => browse(path)))),
      ...(await Promise.all(tokens.map(press))),
      await browse('/admin/unlock', { method: 'POST' }),
    ]
    const [first, ...others] = answers.map(visible)
    expect(first).toMatchObject({ status: 404, text: expect.stringContaining('does not work any more') })
    for (const other of others) expect.soft(other).toEqual(first)
    expect(await database().select().from(loginFailures)).toHaveLength(1)
  })

  test('is not asked of D1 where it has no token of the form', async () => {
    const counted = countedBindings(env)
    bindings = counted.bindings
    for (const token of ['', 'stw_unlock_unknown', `stw_access_${'x'.repeat(43)}`]) {
      expect((await browse(`/admin/unlock?token=${token}`)).status).toBe(404)
      expect((await press(token)).status).toBe(404)
    }
    expect(counted.counts.d1).toBe(0)
  })
})

test('the pages load nothing from elsewhere, run nothing and are in nobody’s frame', async () => {
  const { token } = await lockedAdmin()
  for (const page of [
    await browse(`/admin/unlock?token=${token}`),
    await press('unknown'),
    await press(token),
  ]) {
    const nonce = /<style nonce="(\w{22})">/.exec(page.text)?.[1]
    expect(page.headers.get('Content-Security-Policy')).toBe(
      `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    )
    expect(page.text).not.toMatch(/<(script|img|link|iframe)\b|https?:|url\(|style=/i)
    expect(page.text.slice(page.text.indexOf('<style'), page.text.indexOf('</style>'))).not.toContain('&')
    expect(page.headers.get('Referrer-Policy')).toBe('no-referrer')
    expect(page.headers.get('Cache-Control')).toBe('no-store')
  }
})

test('what stands in a token is text, never markup', async () => {
  const page = await browse(`/admin/unlock?token=${encodeURIComponent('"><script>alert(1)</script>')}`)
  expect(page.text).not.toContain('<script>')
})

test('nothing is unlocked that cannot be put on record', async () => {
  expectLogged('audit_unavailable')
  const { token } = await lockedAdmin()
  bindings = { AUDIT_QUEUE: failing(env.AUDIT_QUEUE, 'send') }
  expect(await press(token)).toMatchObject({ status: 503, json: { code: 'audit_unavailable' } })
  expect(await database().select().from(loginFailures)).toHaveLength(1)
  bindings = {}
  expect((await press(token)).status).toBe(200)
})

test('other methods and paths stay what they are', async () => {
  const put = await browse('/admin/unlock', { method: 'PUT' })
  expect(put).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } })
  expect(put.headers.get('Allow')).toBe('GET, HEAD, POST')
  expect(await browse('/admin/unlock/1x', { method: 'POST' })).toMatchObject({ status: 404 })
})
