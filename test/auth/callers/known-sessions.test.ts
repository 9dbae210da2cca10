import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { adminSessions, admins, clients } from '../../../src/db/schema/staff.ts'
import { failing, fetchWith } from '../../support/bindings/bindings.ts'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import {
  type Answer,
  type Caller,
  type CallOptions,
  checksum,
  signedCaller,
} from '../../support/calls/http.ts'
import { database, makeAdmin, makeClient, makeSession } from '../../support/factories.ts'
import { listenedQueue } from '../../support/trail/audit.ts'
import { UNKNOWN_ACT_ID } from '../../support/unknown.ts'

/** Reads that ask D1 for what they show together with whether they may show it. */
const READS = [
  '/admin/list',
  '/admin/list?search_query=admin',
  '/admin/1',
  '/admin/clients',
  '/admin/audit',
  `/admin/audit/${UNKNOWN_ACT_ID}`,
  '/admin/audit/dead_letters',
]

let adminId: number
let clientId: string
let staff: Caller

beforeEach(async () => {
  const client = await makeClient()
  clientId = client.id
  adminId = (await makeAdmin('super_admin')).adminId
  staff = signedCaller(client, await makeSession(adminId))
  expect((await staff('/admin')).status, 'from here on the session is known').toBe(200)
})

const adminIs = (set: Partial<typeof admins.$inferInsert>) => () =>
  database().update(admins).set(set).where(eq(admins.id, adminId))
const sessionIs = (set: Partial<typeof adminSessions.$inferInsert>) => () =>
  database().update(adminSessions).set(set).where(eq(adminSessions.adminId, adminId))
const clientIs = (set: Partial<typeof clients.$inferInsert>) => () =>
  database().update(clients).set(set).where(eq(clients.id, clientId))
const nothing = async () => {}

/** The code of a refusal, once it is sure that nothing else came with it. */
function refusalOf({ json }: Answer): string {
  expect(Object.keys(json).toSorted()).toEqual(['code', 'message', 'request_id'])
  return json.code
}

describe.each(READS)('GET %s', (path) => {
  test.each<[string, () => Promise<unknown>, CallOptions, string]>([
    ['its session has ended', sessionIs({ expiresAt: 1 }), {}, 'session_invalid'],
    ['it was idle too long', sessionIs({ lastSeenAt: 1 }), {}, 'session_invalid'],
    ['its admin is disabled', adminIs({ disabledAt: 1 }), {}, 'session_invalid'],
    ['its client is disabled', clientIs({ disabledAt: 1 }), {}, 'client_unknown'],
    ['it comes through no client', nothing, { headers: { 'SWI-CID': '' } }, 'client_unknown'],
    [
      'its checksum is wrong',
      nothing,
      { headers: { 'SWI-CS': checksum('not the secret', '') } },
      'checksum_mismatch',
    ],
  ])('tells a known session nothing once %s', async (_, change, options, code) => {
    await change()
    const { events, bindings } = listenedQueue()
    const via = (request: Request) => fetchWith(bindings, request)
    const answer = await staff(path, { ...options, via })
    expect(answer.status).toBe(401)
    expect(refusalOf(answer)).toBe(code)
    expect(events, 'nobody is known to have asked').toEqual([])
  })

  test('tells nothing once the password has to be changed, and it is on record', async () => {
    expectLogged('audit_unavailable')
    await adminIs({ passwordExpiresAt: 1 })()
    const { events, bindings } = listenedQueue()
    const via = (request: Request) => fetchWith(bindings, request)
    expect(refusalOf(await staff(path, { via }))).toBe('password_change_required')
    expect(events).toMatchObject([{ stage: 'completed', outcome: { status: 403, result: 'refused' } }])
    const AUDIT_QUEUE = failing(env.AUDIT_QUEUE, 'send')
    const unrecorded = await staff(path, { via: (request) => fetchWith({ AUDIT_QUEUE }, request) })
    expect(refusalOf(unrecorded)).toBe('audit_unavailable')
  })

  test('is one round trip', async () => {
    const { counts } = await counted(staff, path)
    // A look at the trail is on record.
    expect(counts).toMatchObject({ kv: 0, d1: 1, queue: path.startsWith('/admin/audit') ? 1 : 0 })
  })

  test('makes the database look for the session of a stranger and for nothing else', async () => {
    const stranger = signedCaller(await makeClient(), `stw_session_${'x'.repeat(43)}`)
    const { status, counts } = await counted(stranger, path)
    expect(status).toBe(401)
    expect(counts).toMatchObject({ d1: 1 })
    expect(counts.rowsRead, 'the client').toBeLessThanOrEqual(1)
  })
})

test('a session that has ended is a stranger’s', async () => {
  await sessionIs({ expiresAt: 1 })()
  expect((await staff('/admin/clients')).status).toBe(401)
  const { status, counts } = await counted(staff, '/admin/clients')
  expect(status).toBe(401)
  expect(counts.rowsRead, 'the client and the session').toBeLessThanOrEqual(2)
})

test('who is refused is not told what is wrong with the query', async () => {
  const answer = await staff('/admin/list?page=0')
  expect(answer).toMatchObject({ status: 422, json: { code: 'invalid' } })
  await adminIs({ disabledAt: 1 })()
  expect(refusalOf(await staff('/admin/list?page=0'))).toBe('session_invalid')
})
