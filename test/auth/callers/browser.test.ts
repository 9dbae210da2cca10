import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { adminSessions } from '../../../src/db/schema/staff.ts'
import { failing, fetchWith } from '../../support/bindings/bindings.ts'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import {
  browserCaller,
  type Caller,
  call,
  checksum,
  loggedInByBrowser,
  OWN_PAGE,
  signedCaller,
} from '../../support/calls/http.ts'
import {
  database,
  makeAdmin,
  makeAdminKey,
  makeClient,
  makeSession,
  PASSWORD,
} from '../../support/factories.ts'
import { storedRows } from '../../support/stored.ts'
import { recordsOf } from '../../support/trail/audit.ts'

const NAME = '__Host-steward_session'
const APP = 'https://app.example.com'

const page = browserCaller()
const logIn = (email: string, headers: Record<string, string> = OWN_PAGE) =>
  call('/admin/login', { body: { email, password: PASSWORD }, headers })

/** What is refused for one of its headers; null leaves one out. */
const pageBut = (changed: Record<string, string | null>) =>
  Object.fromEntries(
    Object.entries({ ...OWN_PAGE, ...changed }).filter((each): each is [string, string] => each[1] !== null),
  )

/** Requests that do not come of a page of ours, or whose browser does not say so. */
const ELSEWHERE: { name: string; headers: Record<string, string>; corsOrigins?: string }[] = [
  { name: 'from another site', headers: pageBut({ 'Sec-Fetch-Site': 'cross-site' }) },
  { name: 'from a neighbouring host', headers: pageBut({ 'Sec-Fetch-Site': 'same-site' }) },
  { name: 'typed into the address bar', headers: pageBut({ 'Sec-Fetch-Site': 'none' }) },
  { name: 'with an origin that is not said', headers: pageBut({ 'Sec-Fetch-Site': null }) },
  { name: 'with two origins', headers: pageBut({ 'Sec-Fetch-Site': 'same-origin, cross-site' }) },
  { name: 'with an origin in capitals', headers: pageBut({ 'Sec-Fetch-Site': 'Same-Origin' }) },
  { name: 'without the header', headers: pageBut({ 'X-Requested-With': null }) },
  { name: 'with the header of jQuery', headers: pageBut({ 'X-Requested-With': 'XMLHttpRequest' }) },
  { name: 'with more than the header', headers: pageBut({ 'X-Requested-With': 'steward-console, x' }) },
  {
    name: 'from an origin that CORS lets',
    headers: pageBut({ 'Sec-Fetch-Site': 'cross-site', Origin: APP }),
    corsOrigins: APP,
  },
]

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

describe('a cookie', () => {
  let token: string
  let adminId: number

  beforeEach(async () => {
    adminId = (await makeAdmin()).adminId
    token = await makeSession(adminId, 'browser')
  })

  const get = (headers: Record<string, string>) => call('/admin', { headers })

  test.each([
    { name: 'alone', cookie: (own: string) => own },
    { name: 'among others', cookie: (own: string) => `theme=dark; ${own}; steward_session=x; a` },
    { name: 'among others without blanks', cookie: (own: string) => `theme=dark;${own};a=b` },
    { name: 'after one whose value names it', cookie: (own: string) => `a=${NAME}=x; ${own}` },
  ])('counts $name', async ({ cookie }) => {
    const answer = await get({ ...OWN_PAGE, Cookie: cookie(`${NAME}=${token}`) })
    expect(answer).toMatchObject({ status: 200, json: { data: { id: adminId } } })
  })

  test.each(ELSEWHERE)('is not looked at $name', async ({ headers, corsOrigins = '' }) => {
    const via = (request: Request) => fetchWith({ CORS_ORIGINS: corsOrigins }, request)
    const Cookie = `${NAME}=${token}`
    for (const path of ['/admin', '/admin/logout']) {
      const method = path === '/admin' ? 'GET' : 'POST'
      const answer = await call(path, { method, headers: { ...headers, Cookie }, via })
      expect.soft(answer, path).toMatchObject({ status: 401, json: { code: 'client_unknown' } })
    }
    expect(await database().select().from(adminSessions)).toHaveLength(1)
  })

  test('is not looked at where a form posts it', async () => {
    const headers = {
      Cookie: `${NAME}=${token}`,
      'Sec-Fetch-Site': 'same-origin',
      'Content-Type': 'application/x-www-form-urlencoded',
    }
    const answer = await call('/admin/new', { body: 'email=eve@example.com&role=super_admin', headers })
    expect(answer).toMatchObject({ status: 401, json: { code: 'client_unknown' } })
  })

  test('that does not count is in nobody’s way', async () => {
    const client = await makeClient()
    const own = await makeSession(adminId)
    const answer = await signedCaller(client, own)('/admin', {
      headers: { 'Sec-Fetch-Site': 'same-origin', Cookie: `${NAME}=${token}` },
    })
    expect(answer.status).toBe(200)
  })

  test.each([
    { name: 'no cookie', cookie: () => undefined },
    { name: 'one without the prefix', cookie: () => `steward_session=${token}` },
    { name: 'one with another prefix', cookie: () => `__Secure-steward_session=${token}` },
    { name: 'one in other letters', cookie: () => `__host-steward_session=${token}` },
    { name: 'one with a blank that only programs take for one', cookie: () => `\u2000${NAME}=${token}` },
    { name: 'one with a blank after its name', cookie: () => `${NAME} =${token}` },
    { name: 'one whose name is longer', cookie: () => `x${NAME}=${token}; ${NAME}x=${token}` },
    { name: 'one without a value', cookie: () => NAME },
    { name: 'an empty one', cookie: () => `${NAME}=` },
    { name: 'one that is no token', cookie: () => `${NAME}=hello` },
    { name: 'one in quotes', cookie: () => `${NAME}="${token}"` },
    { name: 'one that is encoded', cookie: () => `${NAME}=${token.replaceAll('_', '%5F')}` },
    { name: 'a token that was never given', cookie: () => `${NAME}=stw_session_browser_${'x'.repeat(43)}` },
    { name: 'a token that is cut', cookie: () => `${NAME}=${token.slice(0, -1)}` },
    { name: 'a client’s token', cookie: async () => `${NAME}=${await makeSession(adminId)}` },
    {
      name: 'a client’s token, dressed up',
      cookie: async () =>
        `${NAME}=${(await makeSession(adminId)).replace('stw_session_', 'stw_session_browser_')}`,
    },
    {
      name: 'an API key',
      cookie: async () => `${NAME}=${(await makeAdminKey({ adminId, role: 'super_admin' })).key}`,
    },
  ])('is no session: $name', async ({ cookie }) => {
    const sent = await cookie()
    const answer = await get({ ...OWN_PAGE, ...(sent !== undefined && { Cookie: sent }) })
    expect(answer).toMatchObject({ status: 401, json: { code: 'session_invalid' } })
  })

  test.each([
    { name: 'a token', headers: async () => ({ Authorization: `Bearer ${await makeSession(adminId)}` }) },
    { name: 'the same token', headers: async () => ({ Authorization: `Bearer ${token}` }) },
    { name: 'a password', headers: async () => ({ Authorization: 'Basic YTpi' }) },
    { name: 'an empty Authorization', headers: async () => ({ Authorization: '' }) },
    { name: 'a client', headers: async () => ({ 'SWI-CID': (await makeClient()).id }) },
    { name: 'a signature', headers: async () => ({ 'SWI-CS': checksum('secret', '') }) },
    {
      name: 'an admin key',
      headers: async () => ({
        'X-ADMIN-API-KEY': (await makeAdminKey({ adminId, role: 'super_admin' })).key,
      }),
    },
    { name: 'a customer’s key', headers: async () => ({ 'X-API-KEY': 'x' }) },
  ])('is refused together with $name', async ({ headers }) => {
    const answer = await get({ ...OWN_PAGE, Cookie: `${NAME}=${token}`, ...(await headers()) })
    expect(answer).toMatchObject({ status: 400, json: { code: 'credentials_ambiguous' } })
  })

  test.each([
    { name: 'the same', second: () => token },
    { name: 'another account’s', second: async () => makeSession((await makeAdmin()).adminId, 'browser') },
    { name: 'an empty one', second: () => '' },
  ])('is refused twice: $name', async ({ second }) => {
    const Cookie = `${NAME}=${token}; ${NAME}=${await second()}`
    expect(await get({ ...OWN_PAGE, Cookie })).toMatchObject({
      status: 400,
      json: { code: 'credentials_malformed' },
    })
  })

  test.each([
    { name: 'no header of a page', headers: {} },
    { name: 'the headers of a page', headers: OWN_PAGE },
  ])('does not go as a token through a client, with $name', async ({ headers }) => {
    const caller = signedCaller(await makeClient(), token)
    expect(await caller('/admin', { headers })).toMatchObject({
      status: 401,
      json: { code: 'session_invalid' },
    })
  })

  test('does not make a client’s token go without its client', async () => {
    const headers = { ...OWN_PAGE, Authorization: `Bearer ${await makeSession(adminId)}` }
    expect(await get(headers)).toMatchObject({ status: 401, json: { code: 'client_unknown' } })
  })

  test('says nothing to a customer’s endpoint', async () => {
    const answer = await call('/lists', { headers: { ...OWN_PAGE, Cookie: `${NAME}=${token}` } })
    expect(answer).toMatchObject({ status: 401, json: { code: 'credentials_missing' } })
  })

  test('of a stranger costs no look at the database, and one that could be a token costs one', async () => {
    const strangers: [Caller, number][] = [
      [page, 0],
      [browserCaller('hello'), 0],
      [browserCaller(`stw_session_browser_${'x'.repeat(43)}`), 1],
    ]
    for (const [stranger, trips] of strangers) {
      for (const options of [{}, { method: 'POST', body: { name: 'New' } }]) {
        const { status, counts } = await counted(stranger, '/admin/clients', options)
        expect.soft([status, counts.d1, counts.rowsRead]).toEqual([401, trips, 0])
      }
    }
  })
})

describe('a session of a browser', () => {
  test('is its account’s and nobody else’s', async () => {
    const [one, other] = [await loggedInByBrowser('admin'), await loggedInByBrowser('customer_success')]
    expect((await one.call('/admin')).json.data).toMatchObject({ id: one.adminId, role: 'admin' })
    expect((await other.call('/admin')).json.data).toMatchObject({ id: other.adminId })
    const { json } = await one.call('/admin/sessions')
    expect(await other.call(`/admin/sessions/${json.data[0].id}`, { method: 'DELETE' })).toMatchObject({
      status: 404,
    })
    expect(await other.call('/admin/new', { body: { email: 'a@example.com', role: 'admin' } })).toMatchObject(
      {
        status: 403,
        json: { code: 'forbidden' },
      },
    )
  })

  test('signs nothing, and what it does is on record', async () => {
    const { adminId, call: own } = await loggedInByBrowser()
    const answer = await own('/admin/new', {
      body: { email: 'new@example.com', role: 'admin' },
      headers: { 'X-ADMIN-REASON': 'Ticket 4711' },
    })
    expect(answer.status).toBe(201)
    expect(await recordsOf([answer])).toMatchObject([
      { stage: 'received', admin_id: adminId, reason: 'Ticket 4711' },
      { stage: 'completed', admin_id: adminId, result: 'success' },
    ])
  })

  test('ends with logout, which takes the cookie away', async () => {
    const { call: own } = await loggedInByBrowser('banking_operations')
    expect((await own('/admin')).status).toBe(200)
    const answer = await own('/admin/logout', { method: 'POST' })
    expect(answer).toMatchObject({ status: 200, json: { message: 'User session invalidated' } })
    expect(answer.headers.getSetCookie()).toEqual([
      `${NAME}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`,
    ])
    expect(await own('/admin')).toMatchObject({ status: 401, json: { code: 'session_invalid' } })
    expect(await own('/admin/logout', { method: 'POST' })).toMatchObject({ status: 401 })
  })

  test('of a client sets and clears no cookie', async () => {
    const { adminId } = await makeAdmin()
    const own = signedCaller(await makeClient(), await makeSession(adminId))
    const { status, headers } = await own('/admin/logout', { method: 'POST' })
    expect([status, headers.getSetCookie()]).toEqual([200, []])
  })

  test('may disable every client: it came through none', async () => {
    const { call: own } = await loggedInByBrowser()
    const [one, other] = [await makeClient(), await makeClient()]
    for (const { id } of [one, other]) {
      const answer = await own(`/admin/clients/${id}/disable`, { method: 'POST' })
      expect(answer).toMatchObject({ status: 200, json: { data: { id, disabled: true } } })
    }
    expect(await own(`/admin/clients/${one.id}/enable`, { method: 'POST' })).toMatchObject({ status: 200 })
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
