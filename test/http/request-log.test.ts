import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { createAccessKey } from '../../src/auth/callers/access-key.ts'
import { admins } from '../../src/db/schema/staff.ts'
import type { Env } from '../../src/env.ts'
import { failingDatabase } from '../support/bindings/bindings.ts'
import { expectLogged } from '../support/bindings/logged.ts'
import {
  type Caller,
  type CallOptions,
  call,
  callerWith,
  customerWithCallers,
  loggedIn,
  signedCaller,
} from '../support/calls/http.ts'
import { database, makeAdmin, makeClient, makeSession, PASSWORD } from '../support/factories.ts'
import type { Deviation } from '../support/factors/authenticator.ts'
import { makeAdminWithFactors, makeAuthenticator } from '../support/factors/factors.ts'

/** The answer, and the lines that the request wrote. */
async function logged(caller: Caller, path: string, options: CallOptions = {}, bindings: Partial<Env> = {}) {
  const lines: string[] = []
  const service = createApp(Date.now, (line) => lines.push(line))
  const answer = await caller(path, {
    ...options,
    via: async (request) => {
      const context = createExecutionContext()
      const response = await service.fetch(request, { ...env, ...bindings }, context)
      await waitOnExecutionContext(context)
      return response
    },
  })
  expect(lines).toHaveLength(1)
  const [text = ''] = lines
  return { answer, text, line: JSON.parse(text) }
}

const nobody = { admin_id: null, api_key_id: null, customer_uid: null }

describe('each request writes one line', () => {
  test('a customer’s', async () => {
    const { own, uid } = await customerWithCallers()
    await own('/lists')
    const { answer, line } = await logged(own, '/lists?search=news')
    expect(line).toEqual({
      level: 'info',
      request_id: answer.headers.get('X-Request-Id'),
      method: 'GET',
      route: '/lists',
      status: 200,
      duration_ms: expect.any(Number),
      admin_id: null,
      api_key_id: null,
      customer_uid: uid,
      code: null,
      because: null,
      d1_calls: 1,
    })
  })

  test('an admin’s on behalf of a customer', async () => {
    const { impersonated, uid, admin, adminKey } = await customerWithCallers()
    const { line } = await logged(impersonated, '/lists', { body: { name: 'Newsletter' } })
    const who = { admin_id: admin.adminId, api_key_id: adminKey.id, customer_uid: uid }
    expect(line).toMatchObject({ method: 'POST', route: '/lists', status: 201, ...who })
  })

  test('one with a session', async () => {
    const admin = await loggedIn()
    const { line } = await logged(admin.call, `/admin/${admin.adminId}`)
    expect(line).toMatchObject({
      route: '/admin/:id',
      ...nobody,
      admin_id: admin.adminId,
      d1_calls: 2,
    })
  })

  test('one whose path another route’s pattern fits too', async () => {
    const { line } = await logged((await loggedIn()).call, '/admin/audit/dead_letters')
    expect(line).toMatchObject({ route: '/admin/audit/dead_letters', status: 200 })
  })

  test('a refused one', async () => {
    const { line } = await logged(call, '/lists')
    expect(line).toMatchObject({ route: '/lists', status: 401, ...nobody, d1_calls: 0 })
  })

  describe('why a key or client is refused, which the answer does not tell:', () => {
    const key = (name: string, value: string) => callerWith({ [name]: value })
    test.each([
      { because: 'malformed', caller: () => key('X-API-KEY', 'stw_customer_x'), code: 'key_invalid' },
      {
        because: 'unknown, revoked, or its maker may not come in',
        caller: () => key('X-API-KEY', createAccessKey('customer')),
        code: 'key_invalid',
      },
      {
        because: 'unknown',
        caller: () => callerWith({ 'X-ADMIN-API-KEY': createAccessKey('admin'), 'X-CUSTOMER-ID': 'x' }),
        code: 'key_invalid',
      },
      {
        because: 'revoked, expired, or its owner may not come in',
        caller: async () => {
          const { admin, adminKey, impersonated } = await customerWithCallers()
          await database().update(admins).set({ disabledAt: 1 }).where(eq(admins.id, admin.adminId))
          expect(adminKey.key).toMatch(/^stw_admin_/)
          return impersonated
        },
        code: 'key_invalid',
      },
      {
        because: 'missing or unknown',
        path: '/admin',
        caller: () => key('SWI-CID', 'client_x'),
        code: 'client_unknown',
      },
    ])('$because', async ({ because, caller, code, path = '/lists' }) => {
      const { answer, line } = await logged(await caller(), path)
      expect(line).toMatchObject({ status: 401, code, because })
      expect(answer.json.code).toBe(code)
      expect(answer.text).not.toContain(because)
    })
  })

  describe('which rule of WebAuthn a passkey broke, which the answer does not tell:', () => {
    type Ceremony = { caller: Caller; path: string; body: object }
    const elsewhere: Deviation = { clientData: { origin: 'https://login.steward.example' } }
    const made = async () => {
      const admin = await makeAdminWithFactors()
      const session = signedCaller(await makeClient(), await makeSession(admin.adminId))
      const options = async (path: string, body?: object) =>
        (await session(path, { method: 'POST', ...(body && { body }) })).json.data
      return { ...admin, session, options }
    }
    const CEREMONIES: { name: string; code: string; make: () => Promise<Ceremony> }[] = [
      {
        name: 'one that is added',
        code: 'invalid',
        make: async () => {
          const { session: caller, options } = await made()
          const credential = await (await makeAuthenticator()).create(
            await options('/admin/passkeys/options'),
            elsewhere,
          )
          return { caller, path: '/admin/passkeys', body: { name: 'Laptop', credential } }
        },
      },
      {
        name: 'one that logs in alone',
        code: 'login_invalid',
        make: async () => {
          const { authenticator, session: caller, options } = await made()
          const credential = await authenticator.get(await options('/admin/login/passkey_options'), elsewhere)
          return { caller, path: '/admin/login/passkey', body: { credential } }
        },
      },
      {
        name: 'a second factor',
        code: 'login_invalid',
        make: async () => {
          const { authenticator, session: caller, options, email } = await made()
          const step = await options('/admin/login', { email, password: PASSWORD })
          const passkey = await authenticator.get(step.passkey_options, elsewhere)
          return {
            caller,
            path: '/admin/login/second_factor',
            body: { login_token: step.login_token, passkey },
          }
        },
      },
      {
        name: 'a fresh proof',
        code: 'invalid',
        make: async () => {
          const { authenticator, session: caller, options } = await made()
          const passkey = await authenticator.get(await options('/admin/reauthenticate/options'), elsewhere)
          return { caller, path: '/admin/reauthenticate', body: { passkey } }
        },
      },
    ]
    test.each(CEREMONIES)('$name', async ({ code, make }) => {
      const { caller, path, body } = await make()
      const { answer, line } = await logged(caller, path, { body })
      expect(line).toMatchObject({ code, because: 'origin' })
      expect(answer.text).not.toContain('origin')
    })
  })

  test('one that no route answers', async () => {
    const { line } = await logged(call, '/nowhere')
    expect(line).toMatchObject({ route: null, status: 404, ...nobody, d1_calls: 0 })
  })

  test('one that fails', async () => {
    expectLogged('"code":"internal"')
    const { own, uid } = await customerWithCallers()
    await own('/lists')
    const broken = { DB: failingDatabase() }
    const { line } = await logged(own, '/lists', { body: { name: 'Newsletter' } }, broken)
    expect(line).toMatchObject({ route: '/lists', status: 500, customer_uid: uid, d1_calls: 2 })
  })
})

test.each<[string, () => Promise<Caller>]>([
  ['a customer', async () => (await customerWithCallers()).own],
  ['an admin on behalf of one', async () => (await customerWithCallers()).impersonated],
])('a failure that several wait for is in the log once, when %s meets it', async (_, caller) => {
  const calls = await caller()
  await calls('/lists')
  const failures = expectLogged('dependency_unavailable')
  const { answer } = await logged(calls, '/lists', {}, { DB: failingDatabase() })
  const lines = failures.lines().map((line) => JSON.parse(line))
  expect(lines).toMatchObject([
    { request_id: answer.headers.get('X-Request-Id'), code: 'dependency_unavailable' },
  ])
})

test('no secret is in a line, wherever a caller puts it', async () => {
  const { key, adminKey, own, impersonated } = await customerWithCallers()
  const [client, { email }] = [await makeClient(), await makeAdmin()]
  const login = await logged(signedCaller(client), '/admin/login', { body: { email, password: PASSWORD } })
  const { text: ownText } = await logged(own, `/lists/${key}?search=${key}`)
  const { text: unroutedText } = await logged(impersonated, `/${adminKey.key}?email=${email}`, {
    headers: { 'X-ADMIN-REASON': key, 'User-Agent': adminKey.key },
  })
  const texts = [login.text, ownText, unroutedText].join('\n')
  for (const secret of [key, adminKey.key, email, PASSWORD, client.secret, login.answer.json.data.auth_token])
    expect.soft(texts).not.toContain(secret)
})
