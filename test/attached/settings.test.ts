import { expect, test } from 'vitest'
import { invalidSettings } from '../../src/settings.ts'
import { attachedService, attachment, received } from '../support/attached/attached.ts'
import { fetchWith } from '../support/bindings/bindings.ts'
import { expectLogged } from '../support/bindings/logged.ts'
import { call, customerWithCallers } from '../support/calls/http.ts'

const PATHS = 'CUSTOMER_API_PATHS'
const URL_SETTING = 'CUSTOMER_API_URL'

/** A service binding: a Worker that answers with what it was asked. */
const binding = {
  fetch: async (url: string, { method, headers }: RequestInit) =>
    Response.json({ method, url, headers: [...new Headers(headers)] }),
}

test.each<{ name: string; settings: Record<string, unknown>; wrong: string[] }>([
  { name: 'all of it', settings: {}, wrong: [] },
  { name: 'a binding', settings: { CUSTOMER_API: binding, CUSTOMER_API_URL: '' }, wrong: [] },
  { name: 'https', settings: { CUSTOMER_API_URL: 'https://api.acme.example' }, wrong: [] },
  { name: 'a slash at the end', settings: { CUSTOMER_API_URL: 'https://api.acme.example/' }, wrong: [] },
  { name: 'another port', settings: { CUSTOMER_API_URL: 'https://api.acme.example:8443' }, wrong: [] },
  { name: 'loopback', settings: { CUSTOMER_API_URL: 'http://localhost:3000' }, wrong: [] },
  { name: 'loopback of IPv6', settings: { CUSTOMER_API_URL: 'http://[::1]:3000' }, wrong: [] },
  { name: 'a document', settings: { CUSTOMER_API_OPENAPI: '/openapi.json' }, wrong: [] },
  { name: 'neither URL nor binding', settings: { CUSTOMER_API_URL: '' }, wrong: [URL_SETTING] },
  { name: 'both', settings: { CUSTOMER_API: binding }, wrong: [URL_SETTING] },
  {
    name: 'plain http elsewhere',
    settings: { CUSTOMER_API_URL: 'http://api.acme.example' },
    wrong: [URL_SETTING],
  },
  {
    name: 'a name that looks like loopback',
    settings: { CUSTOMER_API_URL: 'http://127.0.0.1.acme.example' },
    wrong: [URL_SETTING],
  },
  { name: 'a path', settings: { CUSTOMER_API_URL: 'https://api.acme.example/v1' }, wrong: [URL_SETTING] },
  { name: 'a query', settings: { CUSTOMER_API_URL: 'https://api.acme.example/?a' }, wrong: [URL_SETTING] },
  {
    name: 'a password',
    settings: { CUSTOMER_API_URL: 'https://u:p@api.acme.example' },
    wrong: [URL_SETTING],
  },
  {
    name: 'another protocol',
    settings: { CUSTOMER_API_URL: 'ftp://api.acme.example' },
    wrong: [URL_SETTING],
  },
  { name: 'no URL', settings: { CUSTOMER_API_URL: 'api.acme.example' }, wrong: [URL_SETTING] },
  { name: 'Steward itself', settings: { CUSTOMER_API_URL: 'http://localhost:8787' }, wrong: [URL_SETTING] },
  { name: 'no paths', settings: { CUSTOMER_API_PATHS: '' }, wrong: [PATHS] },
  { name: 'the root', settings: { CUSTOMER_API_PATHS: '/' }, wrong: [PATHS] },
  ...[
    '/admin',
    '/admin/',
    '/ADMIN',
    '/admin/x',
    '/health',
    '/docs',
    '/openapi.json',
    '/.well-known',
    '/console',
    '/support_access',
  ].map((path) => ({ name: path, settings: { CUSTOMER_API_PATHS: `/v1/, ${path}` }, wrong: [PATHS] })),
  ...[
    'v1',
    '/v1/*',
    '/:id',
    '/v1//x',
    '/v1/..',
    '/./v1',
    '/a%62',
    '/a b',
    '/a?b',
    '/caf\u00e9',
    '//evil',
  ].map((path) => ({ name: path, settings: { CUSTOMER_API_PATHS: path }, wrong: [PATHS] })),
  { name: '/administration', settings: { CUSTOMER_API_PATHS: '/administration' }, wrong: [] },
  { name: 'no audience', settings: { CUSTOMER_API_AUDIENCE: ' ' }, wrong: ['CUSTOMER_API_AUDIENCE'] },
  ...['', '0', '1.5', '-1', 'soon'].map((seconds) => ({
    name: `${seconds} seconds`,
    settings: { CUSTOMER_API_TIMEOUT_SECONDS: seconds },
    wrong: ['CUSTOMER_API_TIMEOUT_SECONDS'],
  })),
  {
    name: 'a document elsewhere',
    settings: { CUSTOMER_API_OPENAPI: 'https://x.example' },
    wrong: ['CUSTOMER_API_OPENAPI'],
  },
  {
    name: 'a document of nothing',
    settings: {
      CUSTOMER_API_OPENAPI: '/openapi.json',
      CUSTOMER_API_URL: '',
      CUSTOMER_API_PATHS: '',
      CUSTOMER_API_AUDIENCE: '',
    },
    wrong: ['CUSTOMER_API_OPENAPI'],
  },
  { name: 'no place of its own', settings: { PUBLIC_URL: 'steward' }, wrong: ['PUBLIC_URL'] },
])('an attachment with $name: wrong is $wrong', ({ settings, wrong }) => {
  expect(invalidSettings(attachment(settings))).toEqual(wrong)
})

test('with wrong settings nothing is served, and the log says which, once a request', async () => {
  const { lines } = expectLogged('"invalid_settings":["CUSTOMER_API_PATHS"]')
  expectLogged('"code":"internal"')
  const bindings = attachment({ CUSTOMER_API_PATHS: '/admin' })
  for (const path of ['/health', '/v1/x', '/admin/x'])
    expect(
      (await call(path, { via: (request) => fetchWith(bindings, request), isDocumented: false })).status,
    ).toBe(500)
  expect(lines()).toHaveLength(3)
})

test('without an attachment the paths are none', async () => {
  const { own } = await customerWithCallers()
  expect((await own('/v1/x')).status).toBe(404)
})

test('a service binding is asked by the address that people know', async () => {
  const { own } = await customerWithCallers()
  const service = attachedService({ CUSTOMER_API: binding, CUSTOMER_API_URL: '' })
  const answer = await service.through(own)('/v1/x?a=1')
  expect(received(answer)).toMatchObject({ method: 'GET', url: 'http://localhost:8787/v1/x?a=1' })
})

test('a service binding that fails is an API that broke off', async () => {
  expectLogged('customer_api_timeout')
  const { own } = await customerWithCallers()
  const broken = { fetch: () => Promise.reject(new Error('the Worker threw')) }
  const service = attachedService({ CUSTOMER_API: broken, CUSTOMER_API_URL: '' })
  expect(await service.through(own)('/v1/x')).toMatchObject({ status: 504 })
})
