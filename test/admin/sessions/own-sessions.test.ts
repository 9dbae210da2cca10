import { eq } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { forgetEndedSessions } from '../../../src/admin/sessions/sessions.service.ts'
import { adminSessions } from '../../../src/db/schema/staff.ts'
import { fetchWith } from '../../support/bindings/bindings.ts'
import { type Caller, loggedIn, signedCaller } from '../../support/calls/http.ts'
import { pagesOf } from '../../support/calls/pages.ts'
import { database, makeAdmin, makeClient, makeSession } from '../../support/factories.ts'
import { HOUR_MS, MINUTE_MS } from '../../support/times.ts'
import { recordsOf } from '../../support/trail/audit.ts'
import { UNKNOWN_SESSION_ID } from '../../support/unknown.ts'

/** A logged-in admin who calls at moments of the test's choice, in milliseconds from now. */
async function loggedInAt() {
  const start = Date.now()
  const { adminId } = await makeAdmin()
  const caller = signedCaller(await makeClient(), await makeSession(adminId))
  const at = (elapsed: number): Caller => {
    const via = (request: Request) => fetchWith({}, request, () => start + elapsed)
    return (path, options) => caller(path, { via, ...options })
  }
  return { adminId, at }
}

describe('a session ends', () => {
  test.each([
    { name: 'just before 30 idle minutes it is live', moments: [29 * MINUTE_MS], status: 200 },
    { name: 'after 30 idle minutes it is over', moments: [31 * MINUTE_MS], status: 401 },
    { name: 'use keeps it alive', moments: [20 * MINUTE_MS, 40 * MINUTE_MS, 60 * MINUTE_MS], status: 200 },
    {
      name: 'after 12 hours it is over, used or not',
      moments: everyTwentyMinutesTo(12 * HOUR_MS + MINUTE_MS),
      status: 401,
    },
    {
      name: 'just before 12 hours it is live',
      moments: everyTwentyMinutesTo(12 * HOUR_MS - MINUTE_MS),
      status: 200,
    },
  ])('$name', async ({ moments, status }) => {
    const { at } = await loggedInAt()
    let last = 0
    for (const moment of moments) last = (await at(moment)('/admin')).status
    expect(last).toBe(status)
  })

  test('what is over is neither listed nor kept', async () => {
    const { adminId, at } = await loggedInAt()
    await makeSession(adminId)
    await at(20 * MINUTE_MS)('/admin')
    const answer = await at(40 * MINUTE_MS)('/admin/sessions')
    expect(answer.json).toMatchObject({ data: [{ current: true }], meta: { total: 1 } })

    await forgetEndedSessions(database(), Date.now() + 13 * HOUR_MS)
    expect(await database().select().from(adminSessions)).toEqual([])
  })
})

function everyTwentyMinutesTo(end: number): number[] {
  const moments = Array.from({ length: Math.ceil(end / (20 * MINUTE_MS)) }, (_, i) => i * 20 * MINUTE_MS)
  return [...moments, end]
}

describe('GET /admin/sessions', () => {
  test('shows the own sessions, which of them asks, and no token or hash of one', async () => {
    const admin = await loggedIn('banking_operations')
    const other = await loggedIn()
    await makeSession(admin.adminId)
    const { status, json, text } = await admin.call('/admin/sessions')
    expect(status).toBe(200)
    expect(json.message).toBe('Sessions retrieved successfully')
    expect(json.data).toHaveLength(2)
    expect(json.data.filter(({ current }: { current: boolean }) => current)).toHaveLength(1)
    expect(Object.keys(json.data[0]).sort()).toEqual([
      'created_at',
      'current',
      'expires_at',
      'id',
      'last_seen_at',
    ])
    expect(text).not.toMatch(/stw_session_|hash/)
    const theirs = await database()
      .select()
      .from(adminSessions)
      .where(eq(adminSessions.adminId, other.adminId))
    expect(text).not.toContain(theirs[0]?.id)
  })

  test('comes in pages that a cursor follows', async () => {
    const admin = await loggedIn()
    for (let i = 0; i < 4; i++) await makeSession(admin.adminId)
    const pages = await pagesOf(admin.call, '/admin/sessions?per_page=2')
    for (const { meta } of pages) expect(meta).toMatchObject({ per_page: 2, total: 5, total_pages: 3 })
    const seen = pages.flatMap(({ data }) => data.map(({ id }: { id: string }) => id))
    expect(new Set(seen).size).toBe(5)
  })
})

describe('DELETE /admin/sessions/:id', () => {
  test('ends one of the own, from the next request on, and leaves its record', async () => {
    const { adminId } = await makeAdmin('customer_success')
    const client = await makeClient()
    const [here, there] = [await makeSession(adminId), await makeSession(adminId)].map((token) =>
      signedCaller(client, token),
    )
    const { json } = (await here?.('/admin/sessions')) ?? {}
    const { id } = json.data.find(({ current }: { current: boolean }) => !current)
    const answer = await here?.(`/admin/sessions/${id}`, { method: 'DELETE' })
    expect(answer).toMatchObject({ status: 200, json: { message: 'Session ended successfully', data: null } })
    expect(await there?.('/admin')).toMatchObject({ status: 401, json: { code: 'session_invalid' } })
    expect(await here?.('/admin')).toMatchObject({ status: 200 })
    expect(await recordsOf(answer ? [answer] : [])).toMatchObject([
      { stage: 'received', target_type: 'session', target_id: id },
      { stage: 'completed', target_type: 'session', target_id: id, admin_id: adminId, result: 'success' },
    ])
  })

  test('another admin’s and one that never was are one answer, and nothing ends', async () => {
    const [admin, other] = [await loggedIn(), await loggedIn()]
    const { json } = await other.call('/admin/sessions')
    for (const id of [json.data[0].id, UNKNOWN_SESSION_ID]) {
      expect.soft(await admin.call(`/admin/sessions/${id}`, { method: 'DELETE' })).toMatchObject({
        status: 404,
        json: { code: 'session_unknown' },
      })
    }
    expect(await other.call('/admin')).toMatchObject({ status: 200 })
  })
})

describe('DELETE /admin/:id/sessions', () => {
  test('ends all of an admin’s and nobody else’s', async () => {
    const [boss, admin, third] = [await loggedIn(), await loggedIn('admin'), await loggedIn('admin')]
    const answer = await boss.call(`/admin/${admin.adminId}/sessions`, { method: 'DELETE' })
    expect(answer).toMatchObject({
      status: 200,
      json: { message: 'Sessions ended successfully', data: { id: admin.adminId, role: 'admin' } },
    })
    expect((await admin.call('/admin')).status).toBe(401)
    expect((await third.call('/admin')).status).toBe(200)
    expect((await boss.call('/admin')).status).toBe(200)
    expect(await recordsOf([answer])).toMatchObject([
      { target_type: 'admin', target_id: `${admin.adminId}` },
      { target_type: 'admin', target_id: `${admin.adminId}`, result: 'success' },
    ])
  })

  test('of an unknown admin is answered in the contract’s words', async () => {
    const boss = await loggedIn()
    expect(await boss.call('/admin/100/sessions', { method: 'DELETE' })).toMatchObject({
      status: 404,
      json: { message: 'Admin with id - 100 -, does not exist' },
    })
  })
})
