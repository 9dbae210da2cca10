import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { adminSessions } from '../../../src/db/schema/staff.ts'
import { failing, fetchWith } from '../../support/bindings/bindings.ts'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { APP, browserCaller, ELSEWHERE, loggedInByBrowser, OWN_PAGE } from '../../support/calls/browser.ts'
import { call, signedCaller } from '../../support/calls/http.ts'
import { database, makeAdmin, makeClient, PASSWORD } from '../../support/factories.ts'
import { storedRows } from '../../support/stored.ts'
import { recordsOf } from '../../support/trail/audit.ts'

const page = browserCaller()
const logIn = (email: string, headers: Record<string, string> = OWN_PAGE) =>
  call('/admin/login', { body: { email, password: PASSWORD }, headers })

describe('POST /admin/login from a page of ours', () => {
  test('sets a cookie for this host and no script, and gives no token', async () => {
    const { email, adminId } = await makeAdmin('customer_success')
    const answer = await logIn(email)
    expect(answer).toMatchObject({ status: 200, json: { message: 'Admin login successful' } })
    expect(Object.keys(answer.json.data)).toEqual(['expires_at', 'admin'])
    expect(answer.text).not.toContain('stw_session_')
    const [cookie, ...others] = answer.headers.getSetCookie()
    expect(others).toEqual([])
    const [pair = '', ...attributes] = cookie?.split('; ') ?? []
    expect(attributes.toSorted()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict', 'Secure'])
    expect(pair).toMatch(/^__Host-steward_session=stw_session_browser_[\w-]{43}$/)

    const headers = { ...OWN_PAGE, Cookie: pair }
    expect(await call('/admin', { headers })).toMatchObject({ status: 200, json: { data: { id: adminId } } })
    expect(JSON.stringify(await storedRows()), 'the token').not.toContain(pair.split('=')[1])
    expect(await recordsOf([answer])).toMatchObject([{ admin_id: adminId, result: 'success' }])
  })

  test('is a login: a wrong password is refused, on record, and counts', async () => {
    const { email } = await makeAdmin()
    const wrong = () => page('/admin/login', { body: { email, password: 'wrong password' } })
    const answers = []
    for (let i = 0; i < 5; i++) answers.push(await wrong())
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 401, json: { code: 'login_invalid' } })
    expect(answers.map(({ json }) => json.locked)).toEqual([false, false, false, false, true])
    expect(await logIn(email)).toMatchObject({ status: 401, json: { locked: true } })
    expect(answers.flatMap(({ headers }) => headers.getSetCookie())).toEqual([])
    expect(await recordsOf(answers)).toHaveLength(5)
  })

  test('takes a form, as every login does', async () => {
    const { email } = await makeAdmin()
    const body = new URLSearchParams({ email, password: PASSWORD }).toString()
    const headers = { ...OWN_PAGE, 'Content-Type': 'application/x-www-form-urlencoded' }
    expect((await call('/admin/login', { body, headers })).headers.getSetCookie()).toHaveLength(1)
  })

  test('asks the database nothing before the password is looked at', async () => {
    const { email } = await makeAdmin()
    const { status, counts } = await counted(page, '/admin/login', { body: { email, password: PASSWORD } })
    expect([status, counts.d1]).toEqual([200, 2])
  })

  test('over the session of somebody else is a new session', async () => {
    const before = await loggedInByBrowser()
    const { email, adminId } = await makeAdmin()
    const answer = await before.call('/admin/login', { body: { email, password: PASSWORD } })
    const Cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const { json } = await call('/admin', { headers: { ...OWN_PAGE, Cookie } })
    expect(json.data.id).toBe(adminId)
  })

  test('lets no cookie out that is not on record', async () => {
    expectLogged('audit_unavailable')
    const { email } = await makeAdmin()
    const AUDIT_QUEUE = failing(env.AUDIT_QUEUE, 'send')
    const via = (request: Request) => fetchWith({ AUDIT_QUEUE }, request)
    const answer = await page('/admin/login', { body: { email, password: PASSWORD }, via })
    expect(answer).toMatchObject({ status: 503, json: { code: 'audit_unavailable' } })
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  test.each([
    ...ELSEWHERE,
    {
      name: 'as a form of another site',
      headers: { 'Sec-Fetch-Site': 'cross-site', 'Content-Type': 'application/x-www-form-urlencoded' },
    },
  ])('$name is refused as that of no client, and sets nothing', async ({ headers, corsOrigins = '' }) => {
    const { email } = await makeAdmin()
    const via = (request: Request) => fetchWith({ CORS_ORIGINS: corsOrigins }, request)
    const answer = await call('/admin/login', { body: { email, password: PASSWORD }, headers, via })
    expect(answer).toMatchObject({ status: 401, json: { code: 'client_unknown' } })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await database().select().from(adminSessions)).toEqual([])
  })

  test('through a client is a client’s, whatever else it says', async () => {
    const { email } = await makeAdmin()
    const client = signedCaller(await makeClient())
    const answer = await client('/admin/login', { body: { email, password: PASSWORD }, headers: OWN_PAGE })
    expect(answer.json.data.auth_token).toMatch(/^stw_session_[\w-]{43}$/)
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  test('with a client’s id has to be signed', async () => {
    const { email } = await makeAdmin()
    const { id } = await makeClient()
    const answer = await logIn(email, { ...OWN_PAGE, 'SWI-CID': id })
    expect(answer).toMatchObject({ status: 401, json: { code: 'checksum_missing' } })
  })
})

describe('the brake', () => {
  const attempt = (ip: string) =>
    page('/admin/login', { body: { email: '', password: '' }, headers: { 'CF-Connecting-IP': ip } })
  /** A network that no other run of this test was in within the last minute. */
  const site = Date.now().toString(16).slice(-4)

  test.each([
    { name: 'an address', limit: 100, from: () => `2001:db8:${site}::1`, other: `2001:db8:${site}::2` },
    {
      name: 'a site’s addresses of IPv6',
      limit: 300,
      from: (i: number) => `2001:db9:${site}:${i}::1`,
      other: '2001:db9:1::1',
    },
    {
      name: 'a network of IPv4',
      limit: 300,
      from: (i: number) => `198.51.100.${i % 200}`,
      other: '192.0.2.1',
    },
  ])('lets $limit logins a minute through from $name, and keeps nobody else out', async (row) => {
    for (let i = 0; i < row.limit; i++) expect((await attempt(row.from(i))).status).toBe(422)
    expect(await attempt(row.from(row.limit))).toMatchObject({ status: 429, json: { code: 'throttled' } })
    expect((await attempt(row.other)).status).toBe(422)
  })
})

test('CORS lets no other origin send the header of a page, nor cookies', async () => {
  const headers = {
    Origin: APP,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'content-type,x-requested-with',
  }
  const via = (request: Request) => fetchWith({ CORS_ORIGINS: APP }, request)
  const answer = await call('/admin/login', { method: 'OPTIONS', headers, via })
  expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(APP)
  expect(answer.headers.get('Access-Control-Allow-Headers')?.toLowerCase()).not.toContain('x-requested-with')
  expect(answer.headers.get('Access-Control-Allow-Credentials')).toBeNull()
})
