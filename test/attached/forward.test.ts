import { env } from 'cloudflare:workers'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, inject, test } from 'vitest'
import { customerApiKeys } from '../../src/db/schema/customers.ts'
import { adminApiKeys } from '../../src/db/schema/staff.ts'
import { attachedService, headerOf, received } from '../support/attached/attached.ts'
import { failing, failingDatabase, fetchWith } from '../support/bindings/bindings.ts'
import { countedBindings } from '../support/bindings/counted-bindings.ts'
import { expectLogged } from '../support/bindings/logged.ts'
import { type Caller, call, callerWith, customerWithCallers } from '../support/calls/http.ts'
import { database, makeAdminKey } from '../support/factories.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>
let service: ReturnType<typeof attachedService>
let own: Caller
let impersonated: Caller

beforeEach(async () => {
  customer = await customerWithCallers()
  service = attachedService()
  own = service.through(customer.own)
  impersonated = service.through(customer.impersonated)
})

describe('a call to an attached path is passed on', () => {
  test.each<{ name: string; path: string; method?: string; body?: string; got?: string }>([
    { name: 'a read', path: '/v1/orders/7' },
    { name: 'the prefix itself', path: '/v1' },
    { name: 'a path that ends in a slash', path: '/v1/orders/' },
    { name: 'another prefix', path: '/campaigns/spring' },
    { name: 'a prefix of Steward’s own endpoints, which it wins over', path: '/lists/bulk' },
    { name: 'escapes as they are', path: '/v1/caf%C3%A9/50%25/a%20b?q=%7e%7E&&a=1&a=2&=' },
    { name: 'an empty query', path: '/v1/orders?' },
    { name: 'sub-delimiters', path: "/v1/a'b;c=1(d)*!@$,:&+~-_.x?q=(1)*!@$,;:/?" },
    { name: 'a change', path: '/v1/orders', method: 'POST', body: '{"broken' },
    { name: 'a PUT', path: '/v1/orders/7', method: 'PUT', body: 'a=1&a=2' },
    { name: 'a PATCH', path: '/v1/orders/7', method: 'PATCH', body: '' },
    { name: 'a DELETE', path: '/v1/orders/7', method: 'DELETE' },
    { name: 'a DELETE with a body', path: '/v1/orders/7', method: 'DELETE', body: 'because' },
  ])('$name', async ({ path, method = 'GET', body }) => {
    const answer = await own(path, { method, body, isDocumented: false })
    expect(answer.status, answer.text).toBe(200)
    expect(received(answer)).toMatchObject({ method, url: path, body: body ?? '' })
  })

  test('a HEAD as a HEAD', async () => {
    const answer = await own('/v1/headers', { method: 'HEAD' })
    expect(answer).toMatchObject({ status: 200, text: '' })
    expect(answer.headers.get('X-Of-The-API')).toBe('1')
  })

  test('the same bytes, whoever calls', async () => {
    const [mine, theirs] = [await own('/v1/headers'), await impersonated('/v1/headers')]
    expect(theirs).toMatchObject({ status: mine.status, text: mine.text })
  })

  test('paths beside the prefixes are not', async () => {
    for (const path of ['/v1x', '/V1/orders', '/campaignsx', '/v2/orders'])
      expect.soft((await own(path)).status, path).toBe(404)
    expect((await own('/contacts')).json).toMatchObject({ status: 'success' })
  })

  test('a method that no API is asked with is 405', async () => {
    const answer = await own('/v1/orders', { method: 'OPTIONS' })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('Allow')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE')
  })
})

describe('headers', () => {
  test('those of the caller arrive, less what is for Steward or for one hop', async () => {
    const headers = {
      Accept: 'application/vnd.acme+json',
      'Content-Type': 'application/vnd.acme+json',
      'Idempotency-Key': 'k-1',
      'If-None-Match': '"1"',
      'X-Forwarded-For': '203.0.113.7',
      'X-Acme': '1',
      'X-ADMIN-REASON': 'Ticket 4711',
      Authorization: 'Bearer stw_session_x',
      Cookie: 'a=1',
      'SWI-CID': 'client_1',
      'SWI-CS': 'aa',
      'X-Request-Id': 'forged',
      'Steward-Assertion': 'forged',
      Steward_Assertion: 'forged',
      'Steward-Anything': 'forged',
      X_API_KEY: 'forged',
      'Proxy-Authorization': 'Basic eA==',
      'Keep-Alive': 'timeout=5',
      TE: 'trailers',
      Expect: '100-continue',
      'X-Original-URL': '/admin',
      'X-Rewrite-URL': '/admin',
      'X-Hop': '1',
      Connection: 'close, X-Hop',
      'Content-Length': '2',
    }
    const answer = await impersonated('/v1/orders', { headers, body: '{}' })
    const got = received(answer)
    const names = got.headers.map(([name]) => name)
    for (const name of ['Accept', 'Content-Type', 'Idempotency-Key', 'If-None-Match', 'X-Acme'])
      expect.soft(headerOf(got, name), name).toEqual([headers[name as keyof typeof headers]])
    expect(headerOf(got, 'X-Request-Id')).toEqual([answer.headers.get('X-Request-Id')])
    expect(headerOf(got, 'Steward-Assertion')).toEqual([expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/)])
    expect(names.filter((name) => name.replaceAll('_', '-').startsWith('steward'))).toHaveLength(1)
    expect(JSON.stringify(got.headers)).not.toMatch(/forged|stw_|4711|client_1|a=1|"x-hop"|admin"/)
    for (const name of [
      'proxy-authorization',
      'te',
      'expect',
      'x-customer-id',
      'x-admin-api-key',
      'x-original-url',
    ])
      expect.soft(names, name).not.toContain(name)
    expect(headerOf(got, 'Content-Length')).toEqual(['2'])
  })

  test.each([
    { name: 'a read', method: 'GET', arrives: [] },
    { name: 'a change', method: 'POST', arrives: ['DELETE'] },
  ])('another method for $name arrives: $arrives', async ({ method, arrives }) => {
    const headers = { 'X-HTTP-Method-Override': 'DELETE' }
    expect(
      headerOf(received(await own('/v1/orders', { method, headers })), 'X-HTTP-Method-Override'),
    ).toEqual(arrives)
  })

  test('those of the answer come back, less what is Steward’s to say', async () => {
    const { headers } = await own('/v1/headers')
    expect(Object.fromEntries(headers)).toMatchObject({
      etag: '"1"',
      'x-of-the-api': '1',
      'content-type': 'text/plain',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-request-id': expect.stringMatching(/^req_/),
    })
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    for (const name of [
      ...['X-Audit-Id', 'Access-Control-Allow-Origin', 'X-Hop', 'Keep-Alive', 'Connection'],
      ...['Clear-Site-Data', 'NEL', 'Report-To', 'Reporting-Endpoints', 'Alt-Svc', 'Service-Worker-Allowed'],
    ])
      expect.soft(headers.has(name), name).toBe(false)
  })

  test.each([204, 205, 301, 302, 304, 307, 400, 401, 404, 409, 418, 422, 429, 500, 503])(
    'status %d is passed on, and not followed',
    async (status) => {
      const answer = await impersonated(`/v1/status?status=${status}`)
      expect(answer).toMatchObject({ status, text: '' })
      expect(answer.headers.get('Location')).toBe('http://inside.example/x')
      expect(service.events).toMatchObject([{ outcome: { status } }])
    },
  )

  test.each([
    { name: 'its customer', as: () => own },
    { name: 'an admin', as: () => impersonated },
  ])('a body that the API packed stays packed, for $name', async ({ as }) => {
    const response = await as()('/v1/gzip', { headers: { 'Accept-Encoding': 'gzip' } })
    expect(response.headers.get('Content-Encoding')).toBe('gzip')
    expect(response.text).toBe(new TextDecoder().decode(gzipSync('zipped')))
  })
})

describe('who calls is found out, checked and recorded as everywhere', () => {
  test.each<{ name: string; ask: () => ReturnType<Caller>; status: number; code: string }>([
    { name: 'nobody', ask: () => service.through(call)('/v1/x'), status: 401, code: 'credentials_missing' },
    {
      name: 'an unknown key',
      ask: () => service.through(callerWith({ 'X-API-KEY': 'stw_customer_x' }))('/v1/x'),
      status: 401,
      code: 'key_invalid',
    },
    {
      name: 'both kinds of keys',
      ask: () => own('/v1/x', { headers: { 'X-ADMIN-API-KEY': customer.adminKey.key } }),
      status: 400,
      code: 'credentials_ambiguous',
    },
    {
      name: 'an admin for no customer',
      ask: () =>
        service.through(
          callerWith({ 'X-ADMIN-API-KEY': customer.adminKey.key, 'X-CUSTOMER-ID': 'zzzzzzzzzzzzz' }),
        )('/v1/x'),
      status: 404,
      code: 'customer_unknown',
    },
    {
      name: 'a key for reading that changes',
      ask: async () => {
        const { key } = await makeAdminKey(customer.admin, { scopes: ['customers:read'] })
        return service.through(callerWith({ 'X-ADMIN-API-KEY': key, 'X-CUSTOMER-ID': customer.uid }))(
          '/v1/x',
          {
            method: 'DELETE',
          },
        )
      },
      status: 403,
      code: 'scope_insufficient',
    },
    {
      name: 'a key that needs a reason',
      ask: async () => {
        const { key } = await makeAdminKey(customer.admin, { requireReason: true })
        return service.through(callerWith({ 'X-ADMIN-API-KEY': key, 'X-CUSTOMER-ID': customer.uid }))('/v1/x')
      },
      status: 400,
      code: 'reason_missing',
    },
  ])('$name is refused, and the API hears nothing of it', async ({ ask, status, code }) => {
    service = attachedService({ CUSTOMER_API_URL: inject('upstream').nowhere })
    own = service.through(customer.own)
    expect(await ask()).toMatchObject({ status, json: { code } })
  })

  test.each([
    { method: 'GET', stages: ['completed'] },
    { method: 'HEAD', stages: ['completed'] },
    { method: 'POST', stages: ['received', 'completed'] },
    { method: 'DELETE', stages: ['received', 'completed'] },
  ])('a $method for a customer leaves $stages', async ({ method, stages }) => {
    const answer = await impersonated('/v1/orders/7?q=secret', {
      method,
      headers: { 'X-ADMIN-REASON': 'T1' },
    })
    expect(answer.status).toBe(200)
    expect(service.events.map(({ stage }) => stage)).toEqual(stages)
    expect(service.events.at(-1)).toMatchObject({
      id: answer.headers.get('X-Audit-Id'),
      customer_uid: customer.uid,
      actor: { admin_id: customer.admin.adminId, api_key_id: customer.adminKey.id },
      action: { method, route: '/v1/*', path: '/v1/orders/7?q' },
      request: { reason: 'T1', id: answer.headers.get('X-Request-Id') },
      outcome: { status: 200, result: 'success' },
    })
  })

  test('a customer’s own calls are no acts of staff', async () => {
    await own('/v1/orders', { body: '{}' })
    expect(service.events).toEqual([])
  })

  test.each([{ method: 'GET' }, { method: 'POST' }])(
    'a $method without a record does not happen, or tells nothing',
    async ({ method }) => {
      expectLogged('audit_unavailable')
      const name = crypto.randomUUID()
      service = attachedService({ AUDIT_QUEUE: failing(env.AUDIT_QUEUE, 'send') })
      const answer = await service.through(customer.impersonated)('/v1/x', {
        method,
        headers: { 'X-Seen': name },
      })
      expect(answer).toMatchObject({ status: 503, json: { code: 'audit_unavailable' } })
      const response = await fetch(`${inject('upstream').url}/seen?name=${name}`)
      expect(await response.json()).toMatchObject({ requests: method === 'GET' ? 1 : 0 })
    },
  )

  test.each([{ method: 'GET' }, { method: 'POST' }])(
    'a $method whose caller cannot be asked about is not passed on, with a known key too',
    async ({ method }) => {
      expectLogged('dependency_unavailable')
      await own('/v1/x')
      const name = crypto.randomUUID()
      service = attachedService({ DB: failingDatabase() })
      const answer = await service.through(customer.own)('/v1/x', { method, headers: { 'X-Seen': name } })
      expect(answer).toMatchObject({ status: 503, json: { code: 'dependency_unavailable' } })
      const response = await fetch(`${inject('upstream').url}/seen?name=${name}`)
      expect(await response.json()).toMatchObject({ requests: 0 })
    },
  )

  test.each<{ name: string; as: () => Caller; revoke: () => Promise<unknown> }>([
    {
      name: 'customer',
      as: () => customer.own,
      revoke: () => database().update(customerApiKeys).set({ revokedAt: 1 }),
    },
    {
      name: 'admin',
      as: () => customer.impersonated,
      revoke: () => database().update(adminApiKeys).set({ revokedAt: 1 }),
    },
  ])('a key of the $name that was revoked a moment ago passes nothing on', async ({ as, revoke }) => {
    const caller = service.through(as())
    expect((await caller('/v1/x', { method: 'POST' })).status).toBe(200)
    await revoke()
    const name = crypto.randomUUID()
    // The change comes first: only it would be let in by what is remembered.
    for (const method of ['POST', 'GET'])
      expect.soft((await caller('/v1/x', { method, headers: { 'X-Seen': name } })).status, method).toBe(401)
    const response = await fetch(`${inject('upstream').url}/seen?name=${name}`)
    expect(await response.json()).toMatchObject({ requests: 0 })
  })

  test('a call costs one round trip', async () => {
    await own('/v1/x')
    await impersonated('/v1/x')
    for (const { caller, method, queued } of [
      { caller: customer.own, method: 'GET', queued: 0 },
      { caller: customer.own, method: 'POST', queued: 0 },
      { caller: customer.impersonated, method: 'GET', queued: 1 },
      { caller: customer.impersonated, method: 'POST', queued: 2 },
    ]) {
      const { bindings, counts } = countedBindings(service.bindings)
      const via = (request: Request) => fetchWith(bindings, request)
      expect.soft((await caller('/v1/x', { method, via })).status).toBe(200)
      expect.soft(counts).toMatchObject({ d1: 1, kv: 0, queue: queued })
    }
  })
})
