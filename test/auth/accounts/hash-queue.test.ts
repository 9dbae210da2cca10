import { env } from 'cloudflare:workers'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { BROWSER_PLACES, LOGIN_PLACES, STAFF_PLACES } from '../../../src/auth/accounts/hash-queue.ts'
import { withHasher } from '../../../src/auth/accounts/passwords.ts'
import * as argon2id from '../../../src/crypto/argon2id.ts'
import { loginFailures } from '../../../src/db/schema/staff.ts'
import { fetchWith, interceptedDatabase } from '../../support/bindings/bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { browserCaller } from '../../support/calls/browser.ts'
import { type Answer, type Caller, call, loggedIn, signedCaller } from '../../support/calls/http.ts'
import {
  cheapHash,
  database,
  makeAdmin,
  makeClient,
  makeCustomer,
  makeSession,
  PASSWORD,
} from '../../support/factories.ts'
import { makeFactors } from '../../support/factors/factors.ts'

// Counts what is hashed, and hashes it.
const hashing = vi.spyOn(argon2id, 'argon2idHash')
afterAll(() => hashing.mockRestore())

const CHEAP = cheapHash(PASSWORD)

let client: Caller

/** Lets those go on whom a test that failed left waiting: they would keep the places of all tests after it. */
let clearCrowd: () => Promise<unknown> = async () => {}
afterEach(() => clearCrowd())

beforeEach(async () => {
  client = signedCaller(await makeClient())
})

const login = (
  email: string,
  via?: (request: Request) => Promise<Response>,
  caller = client,
): Promise<Answer> =>
  caller('/admin/login', { body: { email, password: 'a wrong password' }, ...(via && { via }) })

/**
 * Sends so many logins, and lets none of them go on to its lockout before each has a place or none. Resolves once that
 * is so, with the answers and the way to let them go on.
 */
async function crowd(emails: string[], caller = client) {
  const gate = Promise.withResolvers<void>()
  const attempt = caller === client ? 2 : 1
  let arrived = 0
  const everyoneArrived = Promise.withResolvers<void>()
  const arrive = () => {
    if (++arrived === emails.length) everyoneArrived.resolve()
  }
  const answers = emails.map(async (email) => {
    let trips = 0
    const DB = interceptedDatabase(env.DB, {
      before: async () => {
        // A client’s first round trip tells who calls, the next one takes the attempt.
        if (++trips !== attempt) return
        arrive()
        await gate.promise
      },
    })
    const answer = await login(email, (request) => fetchWith({ DB }, request), caller)
    if (trips < attempt) arrive()
    return answer
  })
  clearCrowd = () => {
    gate.resolve()
    return Promise.all(answers)
  }
  await everyoneArrived.promise
  return { answers: Promise.all(answers), goOn: gate.resolve }
}

const throttled = ({ status }: Answer) => status === 429

describe('of many logins at once', () => {
  test('as many as there are places are compared, the rest is refused and is no failure', async () => {
    const known = await Promise.all(
      Array.from({ length: 20 }, () => makeAdmin('admin', undefined, CHEAP).then(({ email }) => email)),
    )
    const unknown = known.map((_, i) => `nobody-${i}@example.com`)
    const before = hashing.mock.calls.length
    const { answers, goOn } = await crowd(known.flatMap((email, i) => [email, unknown[i] ?? '']))
    goOn()
    const refused = (await answers).filter(throttled)
    expect(hashing.mock.calls.length - before).toBe(LOGIN_PLACES)
    expect(refused).toHaveLength(40 - LOGIN_PLACES)
    expect(await database().select().from(loginFailures)).toHaveLength(LOGIN_PLACES)
    expect((await login(known[0] ?? '')).status).toBe(401)
  })

  test('the refusal says when to come back, and the same of an email that nobody has', async () => {
    const { email } = await makeAdmin('admin', undefined, CHEAP)
    const filling = Array.from({ length: LOGIN_PLACES }, (_, i) => `filling-${i}@example.com`)
    const { answers, goOn } = await crowd(filling)
    const visible = async (address: string) => {
      const { status, headers, json } = await login(address)
      const { request_id: _, ...body } = json
      return {
        status,
        body,
        headers: [...headers].filter(([name]) => !['x-request-id', 'x-audit-id'].includes(name)),
      }
    }
    const refused = await visible(email)
    expect(refused).toMatchObject({ status: 429, body: { code: 'throttled' } })
    expect(refused.headers).toContainEqual(['retry-after', '2'])
    expect(await visible('nobody@example.com')).toEqual(refused)
    goOn()
    await answers
  })

  test('none keeps a place: neither who is locked nor whose D1 fails', async () => {
    expectLogged('dependency_unavailable')
    const failing = (request: Request) => {
      let trips = 0
      const DB = interceptedDatabase(env.DB, () => {
        if (++trips > 1) throw new Error('this call fails in this test')
      })
      return fetchWith({ DB }, request)
    }
    for (let i = 0; i < LOGIN_PLACES; i++) {
      expect((await login('nobody@example.com')).status).toBe(401)
      expect((await login('nobody@example.com', failing)).status).toBe(i < 4 ? 503 : 401)
    }
    expect((await login('another@example.com')).status).toBe(401)
  })

  test("a neighbour's request that comes after them is answered before the last of them", async () => {
    const neighbour = await makeCustomer()
    const order: string[] = []
    const { answers, goOn } = await crowd(
      Array.from({ length: LOGIN_PLACES }, (_, i) => `flood-${i}@example.com`),
    )
    const before = hashing.mock.calls.length
    goOn()
    const flooded = answers.then(() => order.push('the last login'))
    await vi.waitUntil(() => hashing.mock.calls.length > before, { interval: 1 })
    const lists = await call('/lists', { headers: { 'X-API-KEY': neighbour.key } })
    order.push('the neighbour')
    const hashedMeanwhile = hashing.mock.calls.length - before
    await flooded
    expect(lists.status).toBe(200)
    expect(order).toEqual(['the neighbour', 'the last login'])
    expect(hashedMeanwhile).toBeLessThan(LOGIN_PLACES / 2)
  })
})

test('a flood of logins from browsers leaves places to those who come through a client', async () => {
  const page = browserCaller()
  const { answers, goOn } = await crowd(
    Array.from({ length: LOGIN_PLACES }, (_, i) => `flood-${i}@example.com`),
    page,
  )
  expect(await login('one-more@example.com', undefined, page)).toMatchObject({ status: 429 })
  const { email } = await makeAdmin('admin', undefined, CHEAP)
  const throughClient = client('/admin/login', { body: { email, password: PASSWORD } })
  goOn()
  expect((await throughClient).status).toBe(200)
  expect((await answers).filter(throttled)).toHaveLength(LOGIN_PLACES - BROWSER_PLACES)
})

test('a flood of logins keeps nobody who is logged in from a new password', async () => {
  const boss = await loggedIn()
  const { adminId } = await makeAdmin('admin', undefined, CHEAP)
  const { answers, goOn } = await crowd(
    Array.from({ length: LOGIN_PLACES + 1 }, (_, i) => `flood-${i}@example.com`),
  )
  const reset = await boss.call(`/admin/reset_password/${adminId}`, { method: 'POST' })
  expect(reset.status).toBe(200)
  const created = await boss.call('/admin/new', { body: { email: 'new@example.com', role: 'admin' } })
  expect(created.status).toBe(201)
  goOn()
  expect((await answers).filter(throttled)).toHaveLength(1)
})

test('where no more passwords are taken, a passkey still proves who one is', async () => {
  const { call: own, adminId } = await loggedIn()
  const { authenticator } = await makeFactors(adminId)
  const prove = (body: object) => own('/admin/reauthenticate', { body })
  const gate = Promise.withResolvers<void>()
  clearCrowd = async () => gate.resolve()
  const crowding = Array.from({ length: STAFF_PLACES }, () => withHasher(STAFF_PLACES, () => gate.promise))
  const options = (await own('/admin/reauthenticate/options', { method: 'POST' })).json.data
  expect((await prove({ password: PASSWORD, totp: '123456' })).status).toBe(429)
  expect((await prove({ passkey: await authenticator.get(options) })).status).toBe(200)
  gate.resolve()
  await Promise.all(crowding)
})

test('a password of any length costs a wrong one’s hash', async () => {
  const { email } = await makeAdmin('admin', undefined, CHEAP)
  for (const password of ['\u0001', '1', 'short']) {
    const before = hashing.mock.calls.length
    const answer = await client('/admin/login', { body: { email, password } })
    expect(answer).toMatchObject({ status: 401, json: { code: 'login_invalid' } })
    expect(hashing.mock.calls.length - before).toBe(1)
  }
})

test('one client is let through 300 times a minute, from whatever addresses', async () => {
  const calls = async (count: number, as: Caller) => {
    const answers = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        as('/admin/login', { body: {}, headers: { 'CF-Connecting-IP': `2001:db8::${i}` } }),
      ),
    )
    return answers.filter(throttled).length
  }
  expect(await calls(300, client)).toBe(0)
  expect(await calls(2, client)).toBe(2)
  const other = await makeClient()
  expect(await calls(2, signedCaller(other))).toBe(0)
  // Who cannot sign as a client uses up nothing of what it may.
  const forged = signedCaller({ ...other, secret: 'not its secret' })
  await Promise.all(Array.from({ length: 310 }, () => forged('/admin/login', { body: {} })))
  expect(await calls(2, signedCaller(other, await makeSession((await makeAdmin()).adminId)))).toBe(0)
})
