import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningSteward, runningSteward } from '../support/attached/running-steward.ts'
import type { Received } from '../support/attached/upstream.ts'

let steward: RunningSteward

beforeAll(async () => {
  steward = await runningSteward()
}, 60_000)
afterAll(() => steward.stop())

interface Sent {
  method?: string
  target?: string
  headers?: string[]
  body?: string
}

/** A request of the customer to the letter. */
function lines({ method = 'GET', target = '/v1/x', headers = [], body = '' }: Sent): string {
  const key = `X-API-KEY: ${steward.reader['X-API-KEY']}`
  return [`${method} ${target} HTTP/1.1`, 'Host: steward.example', key, ...headers, '', body].join('\r\n')
}

const statusOf = (got: string) =>
  Number(/HTTP\/1\.1 (\d{3})/.exec(got.replace(/^HTTP\/1.1 100 .*\r\n\r\n/, ''))?.[1])

/** What the API got, as it tells itself; undefined: it was not asked. */
function receivedIn(got: string): Received | undefined {
  const json = /\{"method".*\}/s.exec(got)?.[0]
  return json === undefined ? undefined : (JSON.parse(json) as Received)
}

describe('no path leads out of the prefix', () => {
  test.each([
    ['dot segments', '/v1/../admin'],
    ['a dot segment', '/v1/./x'],
    ['dots at the end', '/v1/..'],
    ['an encoded dot segment', '/v1/%2e%2e/admin'],
    ['one in upper case', '/v1/%2E%2E/admin'],
    ['one that is half encoded', '/v1/.%2e/admin'],
    ['one that is encoded twice', '/v1/%252e%252e/admin'],
    ['one that is encoded three times', '/v1/%25252e%25252e/admin'],
    ['an encoded slash', '/v1/..%2fadmin'],
    ['an encoded slash alone', '/v1/a%2Fb'],
    ['a slash that is encoded twice', '/v1/..%252fadmin'],
    ['a backslash', '/v1/..\\admin'],
    ['a backslash alone', '/v1/a\\b'],
    ['an encoded backslash', '/v1/..%5cadmin'],
    ['an empty segment', '/v1//x'],
    ['a path parameter, which Tomcat takes off', '/v1/..;/admin'],
    ['a path parameter with a name', '/v1/..;a=b/admin'],
    ['an encoded one', '/v1/%2e%2e%3b/admin'],
    ['a segment of a path parameter', '/v1/;a/x'],
    ['a blank after the dots, which Windows takes off', '/v1/..%20/admin'],
    ['an overlong encoding of a dot', '/v1/%c0%ae%c0%ae/admin'],
    ['an encoding of IIS', '/v1/%u002e%u002e/admin'],
    ['a broken escape', '/v1/%zz'],
    ['a percent sign', '/v1/50%'],
    ['an encoded NUL', '/v1/x%00.json'],
    ['an encoded line end', '/v1/x%0d%0aHost:%20evil'],
    ['a prefix in escapes', '/%76%31/x'],
    ['a character that is no part of a URI', '/v1/a{b}'],
    ['a quote', '/v1/"'],
    ['an absolute form with dots', 'http://evil.example/v1/../admin'],
  ])('%s is 400: %s', async (_, target) => {
    const got = await steward.raw(lines({ target }))
    expect(statusOf(got), got).toBe(400)
    expect(got).toContain('"code":"path_malformed"')
    expect(receivedIn(got)).toBeUndefined()
  })

  test.each([
    ['a bare carriage return', '/v1/x\ry'],
    ['a blank', '/v1/x y'],
    ['a byte that is not ASCII', '/v1/caf\xe9'],
  ])('%s is no request at all', async (_, target) => {
    expect(statusOf(await steward.raw(lines({ target })))).toBe(400)
  })

  test.each([
    ['two slashes before it', '//v1/x', 404],
    ['a prefix in upper case', '/V1/x', 404],
    ['dots before it', '/../v1/x', 404],
    ['an asterisk', '*', 404],
  ])('%s is another path: %s', async (_, target, status) => {
    const got = await steward.raw(lines({ target }))
    expect(statusOf(got), got).toBe(status)
    expect(receivedIn(got)).toBeUndefined()
  })

  test.each([
    ['escapes', '/v1/caf%C3%A9/%7Eme/a%20b/50%25/a%3Bb?x=%2F..%2F&y=%00'],
    ['dots that are no segments', '/v1/.well-known/..a/a../...'],
    ['an empty query', '/v1/x?'],
    ['what is no form', '/v1/x?&&=&a=[]{}|^'],
  ])('%s stay as they are: %s', async (_, target) => {
    expect(receivedIn(await steward.raw(lines({ target })))?.url).toBe(target)
  })

  test('an absolute form goes to the API, whatever host it names', async () => {
    const got = await steward.raw(lines({ target: 'http://evil.example:99/v1/x?a' }))
    const received = receivedIn(got)
    expect(received?.url).toBe('/v1/x?a')
    expect(received?.headers).toContainEqual(['host', new URL(steward.upstream).host])
  })

  test('an apostrophe in a query arrives as its escape, which the runtime makes of it', async () => {
    expect(receivedIn(await steward.raw(lines({ target: "/v1/x?q=it's" })))?.url).toBe('/v1/x?q=it%27s')
  })
})

describe('what is between two hops stays there', () => {
  test.each<{ name: string; sent: Sent; arrives: string | undefined }>([
    {
      name: 'Connection names a header',
      sent: { headers: ['Connection: x-a', 'X-A: 1'] },
      arrives: undefined,
    },
    {
      name: 'Connection in two lines',
      sent: { headers: ['Connection: close', 'Connection: X-A', 'X-A: 1'] },
      arrives: undefined,
    },
    { name: 'Connection names none', sent: { headers: ['Connection: close', 'X-A: 1'] }, arrives: '1' },
  ])('$name', async ({ sent, arrives }) => {
    const received = receivedIn(await steward.raw(lines(sent)))
    expect(Object.fromEntries(received?.headers ?? [])['x-a']).toBe(arrives)
    expect(received?.headers.map(([name]) => name)).not.toContain('connection: x-a')
  })

  test.each<{ name: string; sent: Sent; body: string }>([
    {
      name: 'chunks',
      sent: {
        method: 'POST',
        headers: ['Transfer-Encoding: chunked'],
        body: '3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n',
      },
      body: 'abcd',
    },
    {
      name: 'chunks with a length, which counts for nothing',
      sent: {
        method: 'POST',
        headers: ['Transfer-Encoding: chunked', 'Content-Length: 3'],
        body: '3\r\nabc\r\n0\r\n\r\n',
      },
      body: 'abc',
    },
    { name: 'a length', sent: { method: 'POST', headers: ['Content-Length: 3'], body: 'abc' }, body: 'abc' },
    {
      name: 'an expectation',
      sent: { method: 'POST', headers: ['Content-Length: 3', 'Expect: 100-continue'], body: 'abc' },
      body: 'abc',
    },
    { name: 'no body', sent: { headers: ['Content-Length: 0'] }, body: '' },
  ])('a request with $name arrives as one', async ({ sent, body }) => {
    const received = receivedIn(await steward.raw(lines(sent)))
    expect(received?.body).toBe(body)
    const names = received?.headers.map(([name]) => name)
    expect(names).not.toContain('expect')
    expect(
      names?.filter((name) => name === 'content-length' || name === 'transfer-encoding').length,
    ).toBeLessThan(2)
  })

  test.each<{ name: string; sent: Sent; status: number }>([
    {
      name: 'two lengths',
      sent: { method: 'POST', headers: ['Content-Length: 3', 'Content-Length: 4'], body: 'abc' },
      status: 400,
    },
    { name: 'a folded header', sent: { headers: ['X-A: b', ' c'] }, status: 400 },
    { name: 'a read with a body', sent: { headers: ['Content-Length: 3'], body: 'abc' }, status: 400 },
    {
      name: 'a WebSocket',
      sent: {
        headers: [
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        ],
      },
      status: 501,
    },
    {
      name: 'HTTP/2 in clear',
      sent: { headers: ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMA'] },
      status: 501,
    },
    { name: 'TRACE', sent: { method: 'TRACE' }, status: 405 },
    { name: 'PROPFIND', sent: { method: 'PROPFIND' }, status: 405 },
    { name: 'OPTIONS', sent: { method: 'OPTIONS' }, status: 405 },
    { name: 'a key twice', sent: { headers: ['X-API-KEY: stw_customer_x'] }, status: 400 },
    { name: 'a key that Connection names', sent: { headers: ['Connection: X-API-KEY'] }, status: 400 },
  ])('$name is $status, and the API is not asked', async ({ sent, status }) => {
    const got = await steward.raw(lines(sent))
    expect(statusOf(got), got).toBe(status)
    expect(receivedIn(got)).toBeUndefined()
  })

  test('a second request that is hidden in a body is a body', async () => {
    const hidden = 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n'
    const sent = { method: 'POST', headers: [`Content-Length: ${hidden.length}`], body: hidden }
    expect(receivedIn(await steward.raw(lines(sent)))?.body).toBe(hidden)
  })
})
