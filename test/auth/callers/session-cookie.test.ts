import { beforeEach, describe, expect, test } from 'vitest'
import { adminSessions } from '../../../src/db/schema/staff.ts'
import { fetchWith } from '../../support/bindings/bindings.ts'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { browserCaller, COOKIE, ELSEWHERE, OWN_PAGE } from '../../support/calls/browser.ts'
import { type Caller, call, checksum, signedCaller } from '../../support/calls/http.ts'
import { database, makeAdmin, makeAdminKey, makeClient, makeSession } from '../../support/factories.ts'

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
    { name: 'after one whose value names it', cookie: (own: string) => `a=${COOKIE}=x; ${own}` },
  ])('counts $name', async ({ cookie }) => {
    const answer = await get({ ...OWN_PAGE, Cookie: cookie(`${COOKIE}=${token}`) })
    expect(answer).toMatchObject({ status: 200, json: { data: { id: adminId } } })
  })

  test.each(ELSEWHERE)('is not looked at $name', async ({ headers, corsOrigins = '' }) => {
    const via = (request: Request) => fetchWith({ CORS_ORIGINS: corsOrigins }, request)
    const Cookie = `${COOKIE}=${token}`
    for (const path of ['/admin', '/admin/logout']) {
      const method = path === '/admin' ? 'GET' : 'POST'
      const answer = await call(path, { method, headers: { ...headers, Cookie }, via })
      expect.soft(answer, path).toMatchObject({ status: 401, json: { code: 'client_unknown' } })
    }
    expect(await database().select().from(adminSessions)).toHaveLength(1)
  })

  test('is not looked at where a form posts it', async () => {
    const headers = {
      Cookie: `${COOKIE}=${token}`,
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
      headers: { 'Sec-Fetch-Site': 'same-origin', Cookie: `${COOKIE}=${token}` },
    })
    expect(answer.status).toBe(200)
  })

  test.each([
    { name: 'no cookie', cookie: () => undefined },
    { name: 'one without the prefix', cookie: () => `steward_session=${token}` },
    { name: 'one with another prefix', cookie: () => `__Secure-steward_session=${token}` },
    { name: 'one in other letters', cookie: () => `__host-steward_session=${token}` },
    { name: 'one with a blank that only programs take for one', cookie: () => `\u2000${COOKIE}=${token}` },
    { name: 'one with a blank after its name', cookie: () => `${COOKIE} =${token}` },
    { name: 'one whose name is longer', cookie: () => `x${COOKIE}=${token}; ${COOKIE}x=${token}` },
    { name: 'one without a value', cookie: () => COOKIE },
    { name: 'an empty one', cookie: () => `${COOKIE}=` },
    { name: 'one that is no token', cookie: () => `${COOKIE}=hello` },
    { name: 'one in quotes', cookie: () => `${COOKIE}="${token}"` },
    { name: 'one that is encoded', cookie: () => `${COOKIE}=${token.replaceAll('_', '%5F')}` },
    { name: 'a token that was never given', cookie: () => `${COOKIE}=stw_session_browser_${'x'.repeat(43)}` },
    { name: 'a token that is cut', cookie: () => `${COOKIE}=${token.slice(0, -1)}` },
    { name: 'a client’s token', cookie: async () => `${COOKIE}=${await makeSession(adminId)}` },
    {
      name: 'a client’s token, dressed up',
      cookie: async () =>
        `${COOKIE}=${(await makeSession(adminId)).replace('stw_session_', 'stw_session_browser_')}`,
    },
    {
      name: 'an API key',
      cookie: async () => `${COOKIE}=${(await makeAdminKey({ adminId, role: 'super_admin' })).key}`,
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
    const answer = await get({ ...OWN_PAGE, Cookie: `${COOKIE}=${token}`, ...(await headers()) })
    expect(answer).toMatchObject({ status: 400, json: { code: 'credentials_ambiguous' } })
  })

  test.each([
    { name: 'the same', second: () => token },
    { name: 'another account’s', second: async () => makeSession((await makeAdmin()).adminId, 'browser') },
    { name: 'an empty one', second: () => '' },
  ])('is refused twice: $name', async ({ second }) => {
    const Cookie = `${COOKIE}=${token}; ${COOKIE}=${await second()}`
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
    const answer = await call('/lists', { headers: { ...OWN_PAGE, Cookie: `${COOKIE}=${token}` } })
    expect(answer).toMatchObject({ status: 401, json: { code: 'credentials_missing' } })
  })

  test('of a stranger costs no look at the database, and one that could be a token costs one', async () => {
    const strangers: [Caller, number][] = [
      [browserCaller(), 0],
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
