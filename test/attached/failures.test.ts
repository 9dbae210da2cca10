import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { beforeEach, describe, expect, inject, test } from 'vitest'
import worker from '../../src/index.ts'
import { attachedService, seen } from '../support/attached/attached.ts'
import { expectLogged } from '../support/bindings/logged.ts'
import { customerWithCallers } from '../support/calls/http.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  customer = await customerWithCallers()
})

interface Failure {
  name: string
  path?: string
  settings?: () => Record<string, string> | Promise<Record<string, string>>
  status: 502 | 504
  /** Where it is known that nothing was sent. */
  isUndone?: true
}

/** An API that takes one call, answers with some bytes and is gone. */
const dying = (answer: string) => async () => ({
  CUSTOMER_API_URL: await (await fetch(`${inject('upstream').url}/dying?answer=${answer}`)).text(),
})

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

describe('an answer that goes on', () => {
  /** The answer as it comes, with what the service does after it still to be waited for. */
  async function begun(path: string, method = 'GET') {
    const service = attachedService()
    const name = crypto.randomUUID()
    const context = createExecutionContext()
    const left = new AbortController()
    const request = new Request(`https://steward.example${path}`, {
      method,
      headers: {
        'X-ADMIN-API-KEY': customer.adminKey.key,
        'X-CUSTOMER-ID': customer.uid,
        'X-Seen': name,
      },
      signal: left.signal,
    })
    const response = await worker.fetch(request, service.bindings, context)
    const body: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader()
    if (!body) throw new Error('an answer without a body')
    return { ...service, name, response, body, left, settled: () => waitOnExecutionContext(context) }
  }

  const texts = new TextDecoder()

  test.each([{ type: 'text/event-stream' }, { type: 'application/x-ndjson' }])(
    'of $type comes as it is said, and ends with its reader, which the record says',
    async ({ type }) => {
      const { events, name, body, settled } = await begun(`/v1/ticking?type=${type}`)
      expect(texts.decode((await body.read()).value)).toContain('data: 0')
      expect(events).toMatchObject([{ stage: 'received' }])
      expect(texts.decode((await body.read()).value)).toContain('data: 1')
      await body.cancel()
      await seen(name, ({ closed }) => closed)
      await settled()
      expect(events).toMatchObject([
        { stage: 'received' },
        { stage: 'completed', outcome: { status: 200, result: 'client_error' } },
      ])
    },
  )

  test('and breaks off is a broken transfer, which the record says', async () => {
    const { events, response, body, settled } = await begun('/v1/then-breaks')
    expect(response.status).toBe(200)
    const read = async () => {
      while (!(await body.read()).done);
    }
    await expect(read()).rejects.toThrow()
    await settled()
    expect(events).toMatchObject([
      { stage: 'received' },
      { stage: 'completed', outcome: { status: 200, result: 'error' } },
    ])
  })

  test('of a known length says so, and its end is on record', async () => {
    const { events, response, body, settled } = await begun('/v1/large?bytes=1000000')
    expect(response.headers.get('Content-Length')).toBe('1000000')
    let size = 0
    for (;;) {
      const { done, value } = await body.read()
      if (done) break
      size += value.length
    }
    expect(size).toBe(1_000_000)
    await settled()
    expect(events).toMatchObject([
      { stage: 'received' },
      { stage: 'completed', outcome: { result: 'success' } },
    ])
  })

  test('of a change: the change is on record before', async () => {
    const { events, body, settled } = await begun('/v1/ticking', 'POST')
    expect(events).toMatchObject([
      { stage: 'received' },
      { stage: 'completed', outcome: { result: 'success' } },
    ])
    await body.cancel()
    await settled()
  })
})
