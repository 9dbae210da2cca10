import { describe, expect, test } from 'vitest'
import { fetchWith } from '../support/bindings/bindings.ts'
import { expectLogged } from '../support/bindings/logged.ts'
import { type CallOptions, call, customerWithCallers } from '../support/calls/http.ts'

const APP = 'https://app.example.com'

/** Calls a deployment that lets these origins. */
const from = (origins: string, origin: string, options: CallOptions = {}): CallOptions => ({
  ...options,
  headers: { Origin: origin, ...options.headers },
  via: (request) => fetchWith({ CORS_ORIGINS: origins }, request),
})

const preflight: CallOptions = {
  method: 'OPTIONS',
  headers: { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'x-api-key' },
}

describe('an origin that is let', () => {
  test('is told by a preflight what it may send', async () => {
    const { status, text, headers } = await call('/lists', from(`https://b.example, ${APP}`, APP, preflight))
    expect([status, text]).toEqual([204, ''])
    expect(headers.get('Access-Control-Allow-Origin')).toBe(APP)
    expect(headers.get('Access-Control-Allow-Methods')).toBe('GET,HEAD,POST,PUT,PATCH,DELETE')
    expect(headers.get('Access-Control-Allow-Headers')).toContain('X-API-KEY')
    expect(headers.get('Access-Control-Max-Age')).toBe('600')
    expect(headers.get('Access-Control-Allow-Credentials')).toBeNull()
    expect(headers.get('Vary')).toContain('Origin')
  })

  test.each([
    ['an answer', true, 200],
    ['a refusal', false, 401],
  ])('may read %s and its headers', async (_, identified, status) => {
    const { own } = await customerWithCallers()
    const answer = await (identified ? own : call)('/lists', from(APP, APP))
    expect(answer.status).toBe(status)
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(APP)
    expect(answer.headers.get('Access-Control-Expose-Headers')).toContain('X-Request-Id')
    expect(answer.headers.get('Vary')).toContain('Origin')
  })
})

describe('nobody else is', () => {
  test.each([
    { name: 'by default', origins: '', origin: APP },
    { name: 'by another origin', origins: APP, origin: 'https://evil.example' },
    { name: 'by the same host over HTTP', origins: APP, origin: 'http://app.example.com' },
    { name: 'by another port', origins: APP, origin: `${APP}:8443` },
    { name: 'by a host that begins the same', origins: APP, origin: `${APP}.evil.example` },
    { name: 'by no origin at all', origins: APP, origin: 'null' },
  ])('$name', async ({ origins, origin }) => {
    const refused = await call('/lists', from(origins, origin, preflight))
    expect(refused).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } })
    for (const { headers } of [refused, await call('/lists', from(origins, origin))]) {
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
      expect(headers.get('Vary')).toBe(origins ? 'Origin' : null)
    }
  })
})

test.each(['*', 'app.example.com', `${APP}/`, `${APP}/path`, 'null'])(
  'a setting that is no origin is refused: %s',
  async (origins) => {
    expectLogged('"code":"internal"')
    expectLogged('"invalid_settings":["CORS_ORIGINS"]')
    expect(await call('/lists', from(origins, APP))).toMatchObject({
      status: 500,
      json: { code: 'internal' },
    })
  },
)
