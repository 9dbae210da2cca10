import { beforeEach, describe, expect, inject, test } from 'vitest'
import { attachedService } from '../support/attached/attached.ts'
import { expectLogged } from '../support/bindings/logged.ts'
import { customerWithCallers } from '../support/calls/http.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  customer = await customerWithCallers()
})

interface Failure {
  name: string
  path?: string
  settings?: () => Record<string, unknown> | Promise<Record<string, unknown>>
  status: 502 | 504
  /** Where it is known that nothing was sent. */
  isUndone?: true
}

/** An API that takes one call, answers with some bytes and is gone. */
const dying = (answer: string) => async () => ({
  CUSTOMER_API_URL: await (await fetch(`${inject('upstream').url}/dying?answer=${answer}`)).text(),
})

/** A Worker that is bound. */
const answering = (status: number) => ({ fetch: async () => new Response(null, { status }) })

const FAILURES: Failure[] = [
  {
    name: 'is not there',
    settings: () => ({ CUSTOMER_API_URL: inject('upstream').nowhere }),
    status: 502,
  },
  {
    name: 'has a name that nobody knows',
    settings: () => ({ CUSTOMER_API_URL: 'https://api.invalid' }),
    status: 502,
  },
  {
    name: 'speaks no TLS',
    settings: () => ({ CUSTOMER_API_URL: inject('upstream').url.replace('http:', 'https:') }),
    status: 502,
  },
  { name: 'takes the call and is gone', settings: dying('no-answer'), status: 502 },
  { name: 'begins to answer and is gone', settings: dying('created-in-part'), status: 504 },
  { name: 'closes the connection', path: '/v1/no-answer', status: 504 },
  { name: 'breaks off in its headers', path: '/v1/half-headers', status: 504 },
  { name: 'answers what is no HTTP', path: '/v1/garbage', status: 504 },
  { name: 'answers with a malformed header', path: '/v1/bad-header', status: 504 },
  { name: 'answers with a status that is none', path: '/v1/status-999', status: 504 },
  { name: 'switches protocols unasked', path: '/v1/switching-protocols', status: 504 },
  { name: 'breaks off in its first bytes', path: '/v1/broken-body', status: 504 },
  { name: 'breaks off in a chunk', path: '/v1/broken-chunks', status: 504 },
  {
    name: 'does not answer in time',
    path: '/v1/silent',
    settings: () => ({ CUSTOMER_API_TIMEOUT_SECONDS: '1' }),
    status: 504,
  },
  { name: 'refuses Cloudflare’s connection', path: '/v1/status?status=521', status: 502, isUndone: true },
  { name: 'has no certificate for Cloudflare', path: '/v1/status?status=526', status: 502, isUndone: true },
  {
    name: 'is bound, and asks one that refuses Cloudflare’s connection',
    settings: () => ({ CUSTOMER_API_URL: '', CUSTOMER_API: answering(521) }),
    status: 502,
  },
  { name: 'takes Cloudflare’s connection perhaps', path: '/v1/status?status=522', status: 502 },
  { name: 'does not answer Cloudflare', path: '/v1/status?status=524', status: 504 },
]

describe.each(FAILURES)('an API that $name', ({ path = '/v1/x', settings, status, isUndone }) => {
  const code = status === 502 ? 'customer_api_unavailable' : 'customer_api_timeout'

  test.each([
    { method: 'GET', result: 'error' },
    { method: 'POST', result: isUndone ? 'error' : 'unknown' },
    { method: 'DELETE', result: isUndone ? 'error' : 'unknown' },
  ])(`gives ${status} to a $method, with a record that says $result`, async ({ method, result }) => {
    expectLogged(code)
    const service = attachedService(await settings?.())
    const body = method === 'POST' ? { a: 1 } : undefined
    const answer = await service.through(customer.impersonated)(path, { method, body })
    expect(answer).toMatchObject({ status, json: { status: 'error', code } })
    expect(answer.text).not.toMatch(/127\.0\.0\.1|invalid"|Network/)
    expect(service.events.at(-1)).toMatchObject({
      id: answer.headers.get('X-Audit-Id'),
      stage: 'completed',
      outcome: { status, result },
    })
  })
})

test.each([{ path: '/v1/early-hints' }, { path: '/v1/until-closed' }])(
  '$path is an answer as any other',
  async ({ path }) => {
    const service = attachedService()
    expect(await service.through(customer.impersonated)(path)).toMatchObject({ status: 200, text: 'ok' })
    expect(service.events).toMatchObject([{ stage: 'completed', outcome: { result: 'success' } }])
  },
)

test.each([{ upgrade: 'websocket' }, { upgrade: 'h2c' }])(
  'an upgrade to $upgrade is 501',
  async ({ upgrade }) => {
    const service = attachedService()
    const headers = { Connection: 'Upgrade', Upgrade: upgrade }
    const answer = await service.through(customer.impersonated)('/v1/x', { headers })
    expect(answer).toMatchObject({ status: 501, json: { code: 'upgrade_unsupported' } })
    expect(service.events).toMatchObject([{ outcome: { status: 501, result: 'error' } }])
  },
)
