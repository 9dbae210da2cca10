import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { failingDatabase, fetchWith } from '../support/bindings/bindings.ts'
import { expectLogged } from '../support/bindings/logged.ts'
import { call, callerWith, customerWithCallers, loggedIn } from '../support/calls/http.ts'
import { UNKNOWN_UID } from '../support/unknown.ts'

describe('every answer', () => {
  test.each(['/health', '/lists', '/nowhere', '/admin', '/admin/nowhere'])(
    '%s has the headers of all',
    async (path) => {
      const requestId = 'req_from_the_client'
      const { headers } = await call(path, { headers: { 'X-Request-Id': requestId } })
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      })
      expect(headers.get('X-Request-Id')).toMatch(/^req_[0-9a-f-]{36}$/)
    },
  )
})

describe('if D1 is down once it is known who calls, a read', () => {
  test.each(['/admin/customers', '/admin/api_keys', '/admin/sessions', '/admin/audit/export'])(
    'of %s can be tried again',
    async (path) => {
      expectLogged('dependency_unavailable')
      const staff = await loggedIn()
      const DB = failingDatabase({ from: 2 })
      const answer = await staff.call(path, { via: (request) => fetchWith({ DB }, request) })
      expect(answer).toMatchObject({ status: 503, json: { code: 'dependency_unavailable' } })
      expect(answer.headers.get('Retry-After')).toMatch(/^\d+$/)
    },
  )
})

describe('an unknown path is not found, whoever calls', () => {
  test.each([
    { path: '/nowhere', body: { status: 'error', error: 'Not found', code: 'not_found' } },
    {
      path: `/lists/${UNKNOWN_UID}/nowhere`,
      body: { status: 'error', error: 'Not found', code: 'not_found' },
    },
    { path: '/admin/nowhere', body: { message: 'Not found', code: 'not_found' } },
    { path: '/admin/1/nowhere', body: { message: 'Not found', code: 'not_found' } },
    { path: '/Lists', body: { status: 'error', error: 'Not found', code: 'not_found' } },
  ])('$path', async ({ path, body }) => {
    const { key } = await customerWithCallers()
    for (const caller of [call, callerWith({ 'X-API-KEY': key }), (await loggedIn()).call]) {
      const answer = await caller(path)
      expect.soft(answer.status).toBe(404)
      expect.soft(answer.json).toEqual({ ...body, request_id: answer.headers.get('X-Request-Id') })
    }
  })
})

describe('a known path with another method is told which it has', () => {
  test.each([
    ['TRACE', '/lists', 'GET, HEAD, POST'],
    ['OPTIONS', '/lists', 'GET, HEAD, POST'],
    ['POST', '/admin', 'GET, HEAD'],
    ['GET', '/admin/login', 'POST'],
    ['DELETE', '/health', 'GET, HEAD'],
    ['PUT', '/contacts/bulk', 'POST'],
    ['GET', '/contacts/bulk', 'POST'],
    ['HEAD', '/contacts/bulk/', 'POST'],
    ['DELETE', '/contacts/export', 'GET, HEAD'],
    ['POST', '/contacts/export', 'GET, HEAD'],
    ['PUT', `/lists/${UNKNOWN_UID}/contacts/bulk`, 'POST'],
  ])('%s %s', async (method, path, allow) => {
    const { own } = await customerWithCallers()
    for (const caller of [call, own]) {
      const answer = await caller(path, { method })
      expect.soft(answer.status).toBe(405)
      if (method !== 'HEAD') expect.soft(answer.json.code).toBe('method_not_allowed')
      expect(answer.headers.get('Allow')).toBe(allow)
    }
  })
})

test.each(['/lists', '/admin', '/admin/list', '/contacts/export', '/health', '/docs', '/openapi.json'])(
  'a slash at the end of %s changes nothing',
  async (path) => {
    const { own } = await customerWithCallers()
    const caller = path.startsWith('/admin') ? (await loggedIn()).call : own
    const query = path.endsWith('export') ? '?format=ndjson' : ''
    const [without, with_] = [await caller(path + query), await caller(`${path}/${query}`)]
    expect(without.status).toBe(200)
    expect([with_.status, with_.text]).toEqual([without.status, without.text])
  },
)

test('HEAD answers as GET, without the body', async () => {
  const { own } = await customerWithCallers()
  const head = await own('/lists', { method: 'HEAD' })
  expect(head).toMatchObject({ status: 200, text: '' })
  expect(head.headers.get('Content-Type')).toBe('application/json')
  expect(await call('/lists', { method: 'HEAD' })).toMatchObject({ status: 401, text: '' })
})

test('a schema is made for the first request that it validates, and for none after that', async () => {
  const [{ own }, staff] = [await customerWithCallers(), await loggedIn()]
  const requests = async () => {
    await own('/lists?per_page=2')
    await own('/lists', { body: { name: 'Newsletter' } })
    await own('/contacts/bulk', { body: { contacts: Array(10).fill({ email: 'a@example.com' }) } })
    const { list } = (await own('/lists', { body: { name: 'Regulars' } })).json
    await own(`/lists/${list.uid}/contacts/bulk`, { body: { contacts: [{ email: 'a@example.com' }] } })
    await staff.call('/admin/audit?outcome=success')
    await staff.call('/admin/clients', { body: { name: 'Script' } })
  }
  await requests()
  let made = 0
  z.config({ postProcessor: () => made++ })
  await requests()
  z.config({ postProcessor: undefined })
  expect(made).toBe(0)
})
