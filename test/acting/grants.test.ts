import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { accessGrants, impersonationStops } from '../../src/db/schema/grants.ts'
import { adminApiKeys } from '../../src/db/schema/staff.ts'
import worker from '../../src/index.ts'
import { fetchWith, interceptedDatabase } from '../support/bindings/bindings.ts'
import { counted } from '../support/bindings/counted-bindings.ts'
import { at, granted, setPolicy, withKey } from '../support/calls/grants.ts'
import {
  type Caller,
  callerWith,
  customerWithCallers,
  loggedIn,
  signedCaller,
} from '../support/calls/http.ts'
import { database, makeAdmin, makeClient, makeCustomer, makeSession, PASSWORD } from '../support/factories.ts'
import { HOUR_MS, MINUTE_MS } from '../support/times.ts'
import { listenedQueue, recordsOf } from '../support/trail/audit.ts'

/** Contacts that an export reads at once. */
const PAGE = 2_500

let boss: Awaited<ReturnType<typeof loggedIn>>
let customer: Awaited<ReturnType<typeof customerWithCallers>>
let person: Awaited<ReturnType<typeof makeAdmin>>
let sessionId: string
let staff: Caller
let elsewhere: Caller

beforeEach(async () => {
  boss = await loggedIn()
  customer = await customerWithCallers()
  person = await makeAdmin('customer_success')
  const client = await makeClient()
  staff = signedCaller(client, await makeSession(person.adminId))
  elsewhere = signedCaller(client, await makeSession(person.adminId))
  const sessions = (await staff('/admin/sessions')).json.data
  sessionId = sessions.find(({ current }: { current: boolean }) => current).id
})

const post = (caller: Caller, path: string, body?: unknown) => caller(path, { method: 'POST', body })

describe('the key of a grant', () => {
  test('acts for its customer by the mode of the grant, and needs no reason of its own', async () => {
    const { grant, call } = await granted(staff, customer.uid)
    const read = await call('/lists')
    expect(read.status).toBe(200)
    const write = await call('/lists', { body: { name: 'Spring' } })
    expect(write).toMatchObject({ status: 403, json: { code: 'scope_insufficient' } })
    const named = await call('/lists', { headers: { 'X-ADMIN-REASON': 'Another' } })
    for (const record of await recordsOf([read, write, named]))
      expect(record).toMatchObject({
        grant_id: grant.id,
        mode: 'read',
        reason: 'Ticket 4711',
        admin_id: person.adminId,
        api_key_id: expect.stringMatching(/^key_/),
        customer_uid: customer.uid,
      })
  })

  test('may write where the grant is for that', async () => {
    const { call } = await granted(staff, customer.uid, { mode: 'write' })
    expect(await call('/lists', { body: { name: 'Spring' } })).toMatchObject({ status: 201 })
    expect(await call('/lists')).toMatchObject({ status: 200 })
  })

  test.each<{
    name: string
    path: () => string
    caller: (key: string) => Promise<Caller>
    status: number
    code: string
  }>([
    {
      name: 'another customer',
      path: () => '/lists',
      caller: async (key) => withKey(key, (await makeCustomer()).uid),
      status: 404,
      code: 'customer_unknown',
    },
    {
      name: 'what only the customer may do',
      path: () => '/access_requests',
      caller: async (key) => withKey(key, customer.uid),
      status: 403,
      code: 'own_key_required',
    },
    {
      name: 'the customer on the admin surface',
      path: () => `/admin/customers/${customer.uid}`,
      caller: async (key) => callerWith({ 'X-ADMIN-API-KEY': key }),
      status: 403,
      code: 'scope_insufficient',
    },
    {
      name: 'the trail',
      path: () => '/admin/audit',
      caller: async (key) => callerWith({ 'X-ADMIN-API-KEY': key }),
      status: 403,
      code: 'scope_insufficient',
    },
  ])('does not reach $name, not even a super_admin’s', async ({ path, caller, status, code }) => {
    const { key } = await granted(boss.call, customer.uid)
    expect(await (await caller(key))(path())).toMatchObject({ status, json: { code } })
  })

  test('is none of one’s API keys: it is listed, rolled and revoked with its grant alone', async () => {
    await granted(staff, customer.uid)
    const [row] = await database().select().from(adminApiKeys).where(eq(adminApiKeys.adminId, person.adminId))
    expect((await staff('/admin/api_keys')).json).toMatchObject({ data: [], meta: { total: 0 } })
    for (const call of [
      staff(`/admin/api_keys/${row?.id}`),
      staff(`/admin/api_keys/${row?.id}`, { method: 'DELETE' }),
      post(staff, `/admin/api_keys/${row?.id}/roll`, {}),
    ])
      expect(await call).toMatchObject({ status: 404, json: { code: 'api_key_unknown' } })
  })

  test('costs as many trips as any key, and two rows more', async () => {
    const { call } = await granted(boss.call, customer.uid)
    const plain = customer.impersonated
    for (const caller of [call, plain]) await caller('/lists')
    const [ofGrant, ofKey] = [await counted(call, '/lists'), await counted(plain, '/lists')]
    expect(ofGrant.counts).toMatchObject({ kv: 0, d1: 1, d1InSequence: 1, queue: 1 })
    expect(ofKey.counts).toMatchObject({ kv: 0, d1: 1, d1InSequence: 1, queue: 1 })
    expect((await rowsRead(call)) - (await rowsRead(plain))).toBeLessThanOrEqual(2)
  })
})

/** How many rows a read of the customer's lists makes D1 read. */
async function rowsRead(caller: Caller): Promise<number> {
  let rows = 0
  const DB = new Proxy(env.DB, {
    get(db, name) {
      const member: unknown = Reflect.get(db, name)
      if (name !== 'batch') return typeof member === 'function' ? member.bind(db) : member
      return async (statements: D1PreparedStatement[]) => {
        const results = await db.batch(statements)
        for (const { meta } of results) rows += meta.rows_read
        return results
      }
    },
  })
  await caller('/lists', { via: (request) => fetchWith({ DB }, request) })
  return rows
}

describe('from the next request on the key of a grant is refused', () => {
  const ends: { end: string; make: (id: string) => Promise<{ status: number }>; status: string }[] = [
    {
      end: 'its owner ends it',
      make: (id) => post(staff, `/admin/access_grants/${id}/end`),
      status: 'ended',
    },
    {
      end: 'a super_admin ends it',
      make: (id) => post(boss.call, `/admin/access_grants/${id}/end`),
      status: 'ended',
    },
    {
      end: 'another key is got for it',
      make: async (id) => ({ status: (await post(elsewhere, `/admin/access_grants/${id}/key`)).status - 1 }),
      status: 'active',
    },
    { end: 'the session logs out', make: () => post(staff, '/admin/logout'), status: 'active' },
    {
      end: 'the session is ended elsewhere',
      make: () => elsewhere(`/admin/sessions/${sessionId}`, { method: 'DELETE' }),
      status: 'active',
    },
    {
      end: 'all sessions are ended',
      make: () => boss.call(`/admin/${person.adminId}/sessions`, { method: 'DELETE' }),
      status: 'active',
    },
    {
      end: 'the password is changed elsewhere',
      make: () =>
        post(elsewhere, '/admin/update_password', {
          current_password: PASSWORD,
          password: 'seven purple gardens by the lake',
          password_confirmation: 'seven purple gardens by the lake',
        }),
      status: 'active',
    },
    {
      end: 'its owner is disabled',
      make: () => post(boss.call, `/admin/disable/${person.adminId}`),
      status: 'ended',
    },
    {
      end: 'its owner gets a lower role',
      make: () => post(boss.call, `/admin/role/${person.adminId}`, { role: 'banking_operations' }),
      status: 'ended',
    },
    {
      end: 'its owner’s credentials are revoked',
      make: () => post(boss.call, `/admin/revoke_credentials/${person.adminId}`),
      status: 'ended',
    },
    {
      end: 'its owner’s password is reset',
      make: () => post(boss.call, `/admin/reset_password/${person.adminId}`),
      status: 'ended',
    },
  ]

  test.each(ends)('when $end, and KV forgets it', async ({ make, status }) => {
    const { grant, call, key } = await granted(staff, customer.uid)
    expect((await call('/lists')).status).toBe(200)
    expect((await make(grant.id)).status).toBe(200)
    expect(await call('/lists')).toMatchObject({ status: 401, json: { code: 'key_invalid' } })
    const shown = await boss.call(`/admin/access_grants/${grant.id}`)
    expect(shown.json.data.status).toBe(status)
    const rows = await database().select().from(adminApiKeys).where(eq(adminApiKeys.grantId, grant.id))
    const hash = rows.find(({ keyHint }) => key.startsWith(keyHint.replace('…', '')))?.keyHash
    expect(await env.KEYS.get(`admin_key:${hash}`)).toBeNull()
  })

  test('when its time is over, without anything having to run', async () => {
    const { call, grant } = await granted(staff, customer.uid, { duration_seconds: 300 })
    const end = Date.parse(grant.expires_at)
    expect(end - Date.parse(grant.decided_at)).toBe(300_000)
    expect((await at(call, end - 1)('/lists')).status).toBe(200)
    expect(await at(call, end)('/lists')).toMatchObject({ status: 401, json: { code: 'key_invalid' } })
    const shown = await at(boss.call, end)(`/admin/access_grants/${grant.id}`)
    expect(shown.json.data.status).toBe('expired')
  })

  test('when its session is idle: what is done with the key is done in the session', async () => {
    const { call, grant } = await granted(staff, customer.uid, { duration_seconds: 4 * 3600 })
    const begin = Date.parse(grant.decided_at)
    for (const minutes of [20, 40, 60]) {
      expect((await at(call, begin + minutes * MINUTE_MS)('/lists')).status).toBe(200)
    }
    expect(await at(call, begin + 91 * MINUTE_MS)('/lists')).toMatchObject({
      status: 401,
      json: { code: 'key_invalid' },
    })
    expect((await at(staff, begin + 89 * MINUTE_MS)('/admin')).status).toBe(200)
    expect((await at(staff, begin + 3 * HOUR_MS)('/admin')).status).toBe(401)
  })
})

describe('what a customer lets staff do holds from the next request on', () => {
  type Kind = 'a key' | 'a grant' | 'an approved grant' | 'a break-glass'
  const kinds: Record<Kind, () => Promise<Caller>> = {
    'a key': async () => customer.impersonated,
    'a grant': async () => (await granted(boss.call, customer.uid)).call,
    'an approved grant': async () => {
      await setPolicy(customer.uid, 'ask')
      const { data } = (
        await boss.call('/admin/access_grants', { body: { customer_uid: customer.uid, reason: 'T' } })
      ).json
      const [request] = (await customer.own('/access_requests')).json.access_requests
      await post(customer.own, `/access_requests/${request.uid}/approve`)
      const { key } = (await post(boss.call, `/admin/access_grants/${data.id}/key`)).json.data
      return withKey(key, customer.uid)
    },
    'a break-glass': async () => (await granted(boss.call, customer.uid, { break_glass: true })).call,
  }
  const table: { kind: Kind; let: string[] }[] = [
    { kind: 'a key', let: ['open', 'notify'] },
    { kind: 'a grant', let: ['open', 'notify'] },
    { kind: 'an approved grant', let: ['open', 'notify', 'ask'] },
    { kind: 'a break-glass', let: ['open', 'notify', 'ask', 'closed'] },
  ]

  test.each(table)('$kind is let in under $let', async ({ kind, let: letIn }) => {
    const call = await kinds[kind]()
    for (const policy of ['open', 'notify', 'ask', 'closed'] as const) {
      await setPolicy(customer.uid, policy)
      const { status, json } = await call('/lists')
      const refused = [403, 'consent_required', 'The customer has not approved this access']
      expect
        .soft([status, json.code, json.error], policy)
        .toEqual(letIn.includes(policy) ? [200, undefined, undefined] : refused)
      expect.soft((await customer.own('/lists')).status).toBe(200)
    }
  })

  test('and a refusal by it is on record', async () => {
    await setPolicy(customer.uid, 'closed')
    const refused = await customer.impersonated('/lists', { body: { name: 'Spring' } })
    expect(await recordsOf([refused])).toMatchObject([
      { stage: 'completed', status: 403, result: 'refused', customer_uid: customer.uid },
    ])
  })
})

describe('requests that are under way', () => {
  /** Undoes all of the ends below. */
  async function mend(id: string) {
    await database().update(accessGrants).set({ endedAt: null }).where(eq(accessGrants.id, id))
    await database().update(adminApiKeys).set({ revokedAt: null }).where(eq(adminApiKeys.grantId, id))
    await database().delete(impersonationStops)
    await setPolicy(customer.uid, 'open')
  }

  const under: { what: string; end: (id: string) => unknown; code: string }[] = [
    {
      what: 'the end of the grant',
      end: (id) => post(boss.call, `/admin/access_grants/${id}/end`),
      code: 'key_invalid',
    },
    {
      what: 'the stop',
      end: () => post(boss.call, '/admin/impersonation/stop', { reason: 'R' }),
      code: 'impersonation_stopped',
    },
    { what: 'another policy', end: () => setPolicy(customer.uid, 'ask'), code: 'consent_required' },
  ]

  test.each(under)('and write, before $what or not at all', async ({ end, code }) => {
    const { grant, call } = await granted(staff, customer.uid, { mode: 'write' })
    expect((await call('/lists')).status).toBe(200)
    /** Makes a list, and something else before or after the transaction that writes it. */
    const during = (around: { before?: () => Promise<void>; after?: () => void }) => {
      const DB = interceptedDatabase(env.DB, around)
      return call('/lists', { body: { name: 'Spring' }, via: (request) => fetchWith({ DB }, request) })
    }
    let ending: Promise<unknown> | undefined
    const made = await during({
      after: () => {
        ending ??= Promise.resolve(end(grant.id))
      },
    })
    expect(made.status).toBe(201)
    await ending
    await mend(grant.id)
    let isOver = false
    const refused = await during({
      before: async () => {
        if (!isOver) await end(grant.id)
        isOver = true
      },
    })
    expect(refused).toMatchObject({ json: { code } })
    expect((await customer.own('/lists')).json.lists).toHaveLength(1)
  })

  test.each(under)('and stream, end at their next page after $what', async ({ end }) => {
    const { grant, key } = await granted(staff, customer.uid)
    const contacts = Array.from({ length: 2 * PAGE }, (_, i) => ({ email: `person-${i}@example.com` }))
    await customer.own('/contacts/bulk', { body: { contacts } })
    const { events, bindings } = listenedQueue()
    const context = createExecutionContext()
    const headers = { 'X-ADMIN-API-KEY': key, 'X-CUSTOMER-ID': customer.uid }
    const request = new Request('https://steward.example/contacts/export?format=ndjson', { headers })
    const response = await worker.fetch(request, { ...env, ...bindings }, context)
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    expect((await reader.read()).done).toBe(false)
    await end(grant.id)
    await expect(reader.read()).rejects.toThrow()
    await waitOnExecutionContext(context)
    expect(events).toMatchObject([
      { stage: 'received', grant: { id: grant.id, mode: 'read' } },
      { stage: 'completed', grant: { id: grant.id }, outcome: { result: 'refused', rows: PAGE } },
    ])
  })
})
