import { eq } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { adminSessions, admins } from '../../../src/db/schema/staff.ts'
import { fetchWith } from '../../support/bindings/bindings.ts'
import { call, loggedIn, signedCaller } from '../../support/calls/http.ts'
import { database, makeAdmin, makeClient, makeSession, PASSWORD } from '../../support/factories.ts'
import { MINUTE_MS } from '../../support/times.ts'
import { recordsOf } from '../../support/trail/audit.ts'

describe('POST /admin/login', () => {
  test('gives a token that is stored as a hash only, and the admin', async () => {
    const { email, adminId } = await makeAdmin('admin')
    const answer = await signedCaller(await makeClient())('/admin/login', {
      body: { email, password: PASSWORD },
    })
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      message: 'Admin login successful',
      data: {
        auth_token: expect.stringMatching(/^stw_session_[\w-]{43}$/),
        expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        admin: {
          id: adminId,
          email,
          role: 'admin',
          disabled: false,
          locked: false,
          has_changed_password: true,
          password_expired: false,
          second_factors: [],
          created_at: expect.any(String),
          last_login_at: expect.any(String),
        },
      },
    })
    const stored = await database().select().from(adminSessions)
    expect(stored).toHaveLength(1)
    expect(JSON.stringify(stored)).not.toContain(answer.json.data.auth_token)
  })

  test('compares emails without regard to case', async () => {
    const { email } = await makeAdmin()
    const login = signedCaller(await makeClient())
    const answer = await login('/admin/login', { body: { email: email.toUpperCase(), password: PASSWORD } })
    expect(answer).toMatchObject({ status: 200, json: { data: { admin: { email } } } })
  })

  test.each([
    ['an unknown email', { email: 'nobody@example.com', password: PASSWORD }],
    ['a wrong password', { email: 'known@example.com', password: `${PASSWORD}!` }],
    ['a disabled account', { email: 'disabled@example.com', password: PASSWORD }],
  ])('%s gives one and the same answer, and is on record without what was typed', async (_, body) => {
    await makeAdmin('admin', 'known@example.com')
    const { adminId } = await makeAdmin('admin', 'disabled@example.com')
    await database().update(admins).set({ disabledAt: Date.now() }).where(eq(admins.id, adminId))
    const answer = await signedCaller(await makeClient())('/admin/login', { body })
    expect(answer.status).toBe(401)
    expect(answer.json).toEqual({
      message: 'Invalid login details',
      code: 'login_invalid',
      locked: false,
      request_id: answer.headers.get('X-Request-Id'),
    })
    const records = await recordsOf([answer])
    expect(records).toMatchObject([
      { path: '/admin/login', status: 401, result: 'refused', actor_type: 'anonymous' },
    ])
    expect(JSON.stringify(records)).not.toContain(body.password)
    expect(await database().select().from(adminSessions)).toEqual([])
  })

  test.each([
    ['nothing', {}, { email: ["can't be blank"], password: ["can't be blank"] }],
    ['numbers', { email: 1, password: 2 }, { email: ['is invalid'], password: ['is invalid'] }],
    ['NUL bytes', { email: 'a\0@example.com', password: 'x' }, { email: ['is invalid'] }],
    ['a lone surrogate', { email: 'a@example.com', password: '\ud800' }, { password: ['is invalid'] }],
  ])('%s is invalid', async (_, body, errors) => {
    const answer = await signedCaller(await makeClient())('/admin/login', { body })
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid', errors } })
  })
})

describe('a session', () => {
  test('is for GET /admin and GET /admin/:id', async () => {
    const admin = await loggedIn('banking_operations')
    const other = await makeAdmin('admin')
    expect(await admin.call('/admin')).toMatchObject({
      status: 200,
      json: { message: 'Admin retrieved successfully', data: { id: admin.adminId, email: admin.email } },
    })
    expect(await admin.call(`/admin/${other.adminId}`)).toMatchObject({
      status: 200,
      json: { message: 'Admin retrieved successfully', data: { id: other.adminId, email: other.email } },
    })
  })

  test.each(['100', '0', '99999999999999999999'])('does not find admin %s', async (id) => {
    const answer = await (await loggedIn()).call(`/admin/${id}`)
    expect(answer).toMatchObject({
      status: 404,
      json: { message: `Admin with id - ${id} -, does not exist` },
    })
  })

  test('ends with logout, and only that one', async () => {
    const client = await makeClient()
    const { adminId } = await makeAdmin()
    const [ended, kept] = [await makeSession(adminId), await makeSession(adminId)]
    const logout = await signedCaller(client, ended)('/admin/logout', { method: 'POST' })
    expect(logout).toMatchObject({ status: 200, json: { message: 'User session invalidated' } })
    expect(await signedCaller(client, ended)('/admin')).toMatchObject({
      status: 401,
      json: { code: 'session_invalid' },
    })
    expect(await signedCaller(client, kept)('/admin')).toMatchObject({ status: 200 })
  })

  test.each([
    ['missing', undefined],
    ['unknown', `Bearer stw_session_${'A'.repeat(43)}`],
    ['empty', 'Bearer '],
    ['of another scheme', 'Basic YTpi'],
  ])('%s is refused', async (_, authorization) => {
    const client = await makeClient()
    const headers = {
      'SWI-CID': client.id,
      ...(authorization !== undefined && { Authorization: authorization }),
    }
    expect(await call('/admin', { headers })).toMatchObject({
      status: 401,
      json: { code: 'session_invalid' },
    })
  })

  test('of an admin who was disabled is refused from the next call on', async () => {
    const admin = await loggedIn()
    await database().update(admins).set({ disabledAt: Date.now() })
    expect(await admin.call('/admin')).toMatchObject({ status: 401, json: { code: 'session_invalid' } })
  })

  test.each([
    { name: 'used within half an hour is alive', minutes: [29, 58, 87], status: 200 },
    { name: 'idle for half an hour is over', minutes: [30], status: 401 },
    {
      name: 'is over after twelve hours, however much it was used',
      minutes: Array.from({ length: 36 }, (_, i) => (i + 1) * 20),
      status: 401,
    },
  ])('$name', async ({ minutes, status }) => {
    const client = await makeClient()
    const { adminId } = await makeAdmin()
    const token = await makeSession(adminId)
    const start = Date.now()
    const statuses: number[] = []
    for (const minute of minutes) {
      const request = new Request('https://steward.example/admin', {
        headers: { 'SWI-CID': client.id, Authorization: `Bearer ${token}` },
      })
      statuses.push((await fetchWith({}, request, () => start + minute * MINUTE_MS + 1_000)).status)
    }
    expect(statuses).toEqual([...minutes.slice(1).map(() => 200), status])
  })
})
