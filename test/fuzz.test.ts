import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodedOrRaw, type FuzzRequest, fuzzRequests } from './support/calls/fuzz-requests.ts'
import { type Answer, call } from './support/calls/http.ts'
import { type Route, routeTable } from './support/calls/routes.ts'
import { makeWorld, type World } from './support/calls/world.ts'

/** Fixed, so that a failure comes back. Another seed tries other requests. */
const SEED = 20_261_121
const REQUESTS_A_ROUTE = 8

/** What tells of the inside: of a stack, of D1, of a query, of a file. */
const INSIDE =
  /\bD1_|SQLITE|\b(SELECT|INSERT INTO|UPDATE|DELETE FROM) |\n\s+at |\.[jt]s:\d|node_modules|Drizzle/

test.each(routeTable())(
  '$method $path takes whatever comes',
  async (route) => {
    let world = await makeWorld()
    const takes = async (fuzz: FuzzRequest) => {
      const before = await stored()
      const answer = await send(route, fuzz, world)
      expectRefusalInForm(answer, fuzz.method)
      if (answer.status >= 400) expect(await stored(), `what ${answer.status} left behind`).toEqual(before)
      // Whoever could call before may not be able to after what was done.
      else if (fuzz.method !== 'GET') world = await makeWorld()
    }
    await fc.assert(fc.asyncProperty(fuzzRequests(route), takes), {
      seed: SEED,
      numRuns: REQUESTS_A_ROUTE,
      endOnFailure: true,
    })
  },
  120_000,
)

function send(
  { path }: Route,
  { caller, parameters, query, headers, body, method }: FuzzRequest,
  world: World,
) {
  let next = 0
  const filled = path.replace(/:(\w+)(\{[^}]*\})?/g, (_, name: string) => {
    const given = parameters[next++]
    return given === undefined ? world.parameter(path, name) : encodedOrRaw(given)
  })
  const bytes = method === 'GET' || method === 'HEAD' ? undefined : body?.bytes
  return call(query ? `${filled}?${query}` : filled, {
    method,
    body: bytes,
    headers: {
      ...world.headers(caller, bytes),
      ...(bytes && body?.type && { 'Content-Type': body.type }),
      ...headers,
    },
  })
}

function expectRefusalInForm({ status, headers, text, json }: Answer, method: string) {
  const requestId = headers.get('X-Request-Id')
  expect(requestId).toMatch(/^req_[0-9a-f-]{36}$/)
  expect(status).toBeLessThan(500)
  if (status < 400 || method === 'HEAD') return
  expect(text).not.toMatch(INSIDE)
  if (headers.get('Content-Type')?.startsWith('text/html')) return
  expect(json).toMatchObject({ code: expect.any(String), request_id: requestId })
  expect(json.message ?? json.error).toEqual(expect.any(String))
}

/** Kept apart from refusals: the trail of them, and what counts them. */
const COUNTS_REFUSALS = /^(audit_|login_failures|unlock_tokens|sqlite_|d1_|_cf_)/

/** When something was last used is noted of refused requests too. */
const NOTED = ['last_used_at', 'last_seen_at']

/** All that is in D1. */
async function stored(): Promise<unknown> {
  const tables = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{
    name: string
  }>()
  const names = tables.results.map(({ name }) => name).filter((name) => !COUNTS_REFUSALS.test(name))
  const contents = await env.DB.batch(names.map((name) => env.DB.prepare(`SELECT * FROM ${name}`)))
  return contents.map(({ results }, i) => [
    names[i],
    JSON.stringify(results, (key, value) => (NOTED.includes(key) ? undefined : value)),
  ])
}
