import { eq } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { adminSessions, admins } from '../../../src/db/schema/staff.ts'
import { fetchWith } from '../../support/bindings/bindings.ts'
import { COOKIE, loggedInByBrowser } from '../../support/calls/browser.ts'
import { signedCaller } from '../../support/calls/http.ts'
import { database, makeAdmin, makeClient, makeSession } from '../../support/factories.ts'
import { MINUTE_MS } from '../../support/times.ts'
import { recordsOf } from '../../support/trail/audit.ts'

describe('a session of a browser', () => {
  test('is its account’s and nobody else’s', async () => {
    const [one, other] = [await loggedInByBrowser('admin'), await loggedInByBrowser('customer_success')]
    expect((await one.call('/admin')).json.data).toMatchObject({ id: one.adminId, role: 'admin' })
    expect((await other.call('/admin')).json.data).toMatchObject({ id: other.adminId })
    const { json } = await one.call('/admin/sessions')
    expect(await other.call(`/admin/sessions/${json.data[0].id}`, { method: 'DELETE' })).toMatchObject({
      status: 404,
    })
    expect(await other.call('/admin/new', { body: { email: 'a@example.com', role: 'admin' } })).toMatchObject(
      {
        status: 403,
        json: { code: 'forbidden' },
      },
    )
  })

  test('signs nothing, and what it does is on record', async () => {
    const { adminId, call: own } = await loggedInByBrowser()
    const answer = await own('/admin/new', {
      body: { email: 'new@example.com', role: 'admin' },
      headers: { 'X-ADMIN-REASON': 'Ticket 4711' },
    })
    expect(answer.status).toBe(201)
    expect(await recordsOf([answer])).toMatchObject([
      { stage: 'received', admin_id: adminId, reason: 'Ticket 4711' },
      { stage: 'completed', admin_id: adminId, result: 'success' },
    ])
  })

  test('is noted as used, also by a change whose caller is another by then', async () => {
    const { adminId, call: own } = await loggedInByBrowser()
    expect((await own('/admin')).status).toBe(200)
    await database().update(admins).set({ lastLoginAt: 5 }).where(eq(admins.id, adminId))
    const later = Date.now() + 5 * MINUTE_MS
    const via = (request: Request) => fetchWith({}, request, () => later)
    expect((await own('/admin/clients', { body: { name: 'New' }, via })).status).toBe(201)
    expect(await database().select().from(adminSessions)).toMatchObject([{ lastSeenAt: later }])
  })

  test('ends with logout, which takes the cookie away', async () => {
    const { call: own } = await loggedInByBrowser('banking_operations')
    expect((await own('/admin')).status).toBe(200)
    const answer = await own('/admin/logout', { method: 'POST' })
    expect(answer).toMatchObject({ status: 200, json: { message: 'User session invalidated' } })
    expect(answer.headers.getSetCookie()).toEqual([
      `${COOKIE}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`,
    ])
    expect(await own('/admin')).toMatchObject({ status: 401, json: { code: 'session_invalid' } })
    expect(await own('/admin/logout', { method: 'POST' })).toMatchObject({ status: 401 })
  })

  test('of a client sets and clears no cookie', async () => {
    const { adminId } = await makeAdmin()
    const own = signedCaller(await makeClient(), await makeSession(adminId))
    const { status, headers } = await own('/admin/logout', { method: 'POST' })
    expect([status, headers.getSetCookie()]).toEqual([200, []])
  })

  test('may disable every client: it came through none', async () => {
    const { call: own } = await loggedInByBrowser()
    const [one, other] = [await makeClient(), await makeClient()]
    for (const { id } of [one, other]) {
      const answer = await own(`/admin/clients/${id}/disable`, { method: 'POST' })
      expect(answer).toMatchObject({ status: 200, json: { data: { id, disabled: true } } })
    }
    expect(await own(`/admin/clients/${one.id}/enable`, { method: 'POST' })).toMatchObject({ status: 200 })
  })
})
