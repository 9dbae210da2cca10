import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fetchWith } from '../../support/bindings/bindings.ts'
import { countedBindings } from '../../support/bindings/counted-bindings.ts'
import { type Caller, keyCaller, loggedIn } from '../../support/calls/http.ts'
import { pagesOf } from '../../support/calls/pages.ts'
import { makeAdmin, makeCustomer } from '../../support/factories.ts'
import { linesOf, loggedInUnrecorded } from '../../support/trail/audit.ts'
import {
  deliver,
  deliveriesOf,
  type EventChanges,
  makeEvent,
  makeEvents,
  quietQueues,
} from '../../support/trail/audit-queue.ts'
import { SEEDED, seedTrail } from '../../support/trail/audit-seed.ts'
import { UNKNOWN_ACT_ID } from '../../support/unknown.ts'

const CUSTOMER = 'aaaaaaaaaaaaa'

let admin: Awaited<ReturnType<typeof loggedInUnrecorded>>

beforeAll(quietQueues)

beforeEach(async () => {
  admin = await loggedInUnrecorded()
})

type Listed = { seq: number; id: string; outcome: string }

/** All pages of the trail that match. */
const pagesOfTrail = (
  caller: Caller,
  query: string,
): Promise<{ data: Listed[]; meta: Record<string, unknown> }[]> => pagesOf(caller, `/admin/audit?${query}`)

const seqsOf = async (query: string) =>
  (await pagesOfTrail(admin.call, query)).flatMap(({ data }) => data.map(({ seq }) => seq))

/** The numbers of the entries in an answer of the export, in their order. */
async function exportedSeqs(caller: Caller, query: string): Promise<number[]> {
  const { status, text } = await caller(`/admin/audit/export?${query}`)
  expect(status).toBe(200)
  return linesOf(text).map((line) => JSON.parse(line).seq)
}

const event = (n: number, changes: EventChanges) => makeEvent(n, changes)
const actor = (admin_id: number, api_key_id: string | null = null) =>
  ({ type: 'admin', admin_id, role: 'admin', api_key_id }) as const
const from = (ip: string) => ({ ...makeEvent(1).request, ip })
const KEY = `key_${'k'.repeat(22)}`
type Shown = { admin_id: number; actor_email: string | null }
const outcome = (status: number, result: 'success' | 'client_error' | 'refused' | 'error') => ({
  status,
  result,
  duration_ms: 1,
})

describe('the filters', () => {
  const long = '2026-01-01T00:00:'
  beforeEach(async () => {
    await deliver(
      deliveriesOf([
        event(1, { customer_uid: CUSTOMER, actor: actor(7), request: from('203.0.113.7') }),
        event(2, {
          actor: actor(8, KEY),
          outcome: outcome(404, 'client_error'),
          target: { type: 'list', id: 'xj35478ymfe15' },
        }),
        event(3, { stage: 'received', actor: actor(8) }),
        event(4, { stage: 'received', time: new Date().toISOString() }),
        event(5, { stage: 'received' }),
        event(5, { outcome: outcome(403, 'refused') }),
        event(6, {
          action: { method: 'DELETE', route: '/lists/:uid', path: '/lists/x' },
          target: { type: 'list', id: 'not a uid' },
          request: from('2001:db8::1'),
        }),
        event(7, { outcome: outcome(500, 'error'), customer_uid: CUSTOMER }),
      ]),
    )
  })

  test.each<[string, number[]]>([
    ['', [4, 8, 7, 6, 5, 3, 2, 1]],
    [`customer=${CUSTOMER}`, [8, 1]],
    ['customer=zzzzzzzzzzzzz', []],
    [`customer_uid=${CUSTOMER}`, [8, 1]],
    [`customer_uid=${CUSTOMER}&customer=${CUSTOMER}`, [8, 1]],
    ['ip=203.0.113.7', [1]],
    ['ip=2001:DB8:0:0::1', [7]],
    ['ip=198.51.100.1', []],
    ['target=xj35478ymfe15', [2]],
    ['target=not%20a%20uid', [7]],
    ['stage=received', [4, 5, 3]],
    ['stage=completed', [8, 7, 6, 2, 1]],
    ['stage=checkpoint', []],
    ['stage=received&outcome=unknown', [3]],
    ['stage=completed&outcome=unknown', []],
    ['ip=203.0.113.7&target=xj35478ymfe15', []],
    ['target=xj35478ymfe15&admin_id=8&stage=completed', [2]],
    ['admin_id=8', [3, 2]],
    [`api_key_id=${KEY}`, [2]],
    ['method=DELETE', [7]],
    ['route=/lists/:uid', [7]],
    ['outcome=success', [7, 1]],
    ['outcome=client_error', [2]],
    ['outcome=refused', [6]],
    ['outcome=error', [8]],
    ['outcome=unknown', [3]],
    ['outcome=pending', [4]],
    [`from=${long}05.000Z`, [4, 8, 7, 6, 5]],
    ['from=2026-01-01&to=2026-01-02', [8, 7, 6, 5, 3, 2, 1]],
    [`to=${long}02.000Z`, [2, 1]],
    [`from=${long}02Z&to=2026-01-01T01:00:03%2B01:00`, [3, 2]],
    [`customer=${CUSTOMER}&outcome=error`, [8]],
    ['admin_id=8&outcome=unknown', [3]],
    ['admin_id=7&outcome=unknown', []],
    [`admin_id=8&method=GET&to=${long}02.000Z`, [2]],
  ])('%s finds %j, newest first, on one page or many', async (query, seqs) => {
    expect(await seqsOf(query)).toEqual(seqs)
    expect(await seqsOf(`${query}&per_page=1`)).toEqual(seqs)
    const ascending = seqs.toSorted((left, right) => left - right)
    expect(await exportedSeqs(admin.call, query)).toEqual(ascending)
    const later = await exportedSeqs(admin.call, `${query}&after_seq=3`)
    expect(later).toEqual(ascending.filter((seq) => seq > 3))
  })

  test('the outcome of an act stands on both its entries', async () => {
    const [page] = await pagesOfTrail(admin.call, '')
    expect(page?.data.map(({ seq, outcome: found }) => [seq, found])).toEqual([
      [4, 'pending'],
      [8, 'error'],
      [7, 'success'],
      [6, 'refused'],
      [5, 'refused'],
      [3, 'unknown'],
      [2, 'client_error'],
      [1, 'success'],
    ])
    const { json } = await admin.call(`/admin/audit/${makeEvent(5).id}`)
    expect(json.data).toMatchObject([
      { seq: 5, stage: 'received', outcome: 'refused' },
      { seq: 6, stage: 'completed', outcome: 'refused' },
    ])
  })

  test('each entry tells whose id it names, at no round trip more', async () => {
    await deliver(deliveriesOf([event(8, { actor: actor(admin.adminId) })]))
    // From the second call on a session is known, and its page rides along with the question whose it is.
    await admin.call('/admin/audit')
    const { bindings, counts } = countedBindings(env)
    const page = await admin.call('/admin/audit', { via: (request) => fetchWith(bindings, request) })
    const emailsOf = (id: number) =>
      page.json.data
        .filter(({ admin_id }: Shown) => admin_id === id)
        .map(({ actor_email }: Shown) => actor_email)
    expect(new Set(emailsOf(admin.adminId))).toEqual(new Set([admin.email]))
    // Ids that this test made up are nobody's.
    expect(emailsOf(8)).toEqual([null, null])
    expect(counts.d1).toBe(1)
    const act = await admin.call(`/admin/audit/${makeEvent(8).id}`)
    expect(act.json.data).toMatchObject([{ admin_id: admin.adminId, actor_email: admin.email }])
  })

  test('there is a total of the whole trail only', async () => {
    expect((await admin.call('/admin/audit')).json.meta).toMatchObject({ total: 8, total_pages: 1 })
    const filtered = await admin.call('/admin/audit?admin_id=8')
    expect(filtered.json.meta).toMatchObject({ total: null, total_pages: null, next_cursor: null })
  })

  test('pages by number are the same as by cursor', async () => {
    const { json } = await admin.call('/admin/audit?per_page=3&page=2')
    expect(json.data.map(({ seq }: { seq: number }) => seq)).toEqual([6, 5, 3])
  })
})

test.each([
  'customer=1',
  'admin_id=x',
  'api_key_id=1',
  'method=get',
  'outcome=ok',
  'from=yesterday',
  'to=2026-01-32',
  'cursor=x',
  'route=',
  'customer_uid=1',
  `customer_uid=${CUSTOMER}&customer=bbbbbbbbbbbbb`,
  'from=9999-12-31T23:59:59-05:00',
  'to=0000-01-01T00:00:00%2B00:01',
  'ip=localhost',
  'ip=203.0.113.0/24',
  'ip=1',
  'target=',
  'stage=begun',
])('%s is invalid', async (query) => {
  const isOfPage = query.startsWith('cursor')
  for (const path of isOfPage ? ['/admin/audit'] : ['/admin/audit', '/admin/audit/export'])
    expect
      .soft(await admin.call(`${path}?${query}`))
      .toMatchObject({ status: 422, json: { code: 'invalid' } })
})

test.each(['/admin/audit', '/admin/audit/export', `/admin/audit/${UNKNOWN_ACT_ID}`])(
  '%s is not for a key that is limited to some customers: it tells of all',
  async (path) => {
    const { uid } = await makeCustomer()
    const limited = await keyCaller(admin, { customers: [uid] })
    expect(await limited(path)).toMatchObject({ status: 403, json: { code: 'scope_insufficient' } })
  },
)

test('who may: a super_admin, or a key with audit:read', async () => {
  const withScope = (scopes: ('audit:read' | 'customers:read')[]) => keyCaller(admin, { scopes })
  const paths = ['/admin/audit', '/admin/audit/export', `/admin/audit/${makeEvent(1).id}`]
  await deliver(deliveriesOf(makeEvents(1)))
  const callers = [
    { who: 'a super_admin', caller: admin.call, status: 200 },
    { who: 'a key with audit:read', caller: await withScope(['audit:read']), status: 200 },
    { who: 'a key with customers:read', caller: await withScope(['customers:read']), status: 403 },
    { who: 'an admin', caller: (await loggedIn('admin')).call, status: 403 },
    { who: 'customer_success', caller: (await loggedIn('customer_success')).call, status: 403 },
  ]
  for (const { who, caller, status } of callers)
    for (const path of paths) expect.soft((await caller(path)).status, `${who}: ${path}`).toBe(status)
})

test('an unknown act is not found', async () => {
  const answer = await admin.call(`/admin/audit/${UNKNOWN_ACT_ID}`)
  expect(answer).toMatchObject({ status: 404, json: { code: 'audit_entry_unknown' } })
})

describe('what a query costs', () => {
  const COUNT = 40_000
  const QUERIES: [string, string][] = [
    ['nothing', ''],
    ['a customer', `customer=${SEEDED.customer(1)}`],
    ['an admin', 'admin_id=3'],
    ['an API key', `api_key_id=${SEEDED.apiKey(1)}`],
    ['an address', `ip=${SEEDED.ip(1)}`],
    ['a target', `target=${SEEDED.target(1)}`],
    ['a stage, frequent', 'stage=completed'],
    ['a stage, rare', 'stage=received'],
    ['a stage that never is', 'stage=checkpoint'],
    ['a method, frequent', 'method=GET'],
    ['a method, rare', 'method=DELETE'],
    ['a route', 'route=/lists/:uid'],
    ['an outcome, frequent', 'outcome=success'],
    ['an outcome, rare', 'outcome=error'],
    ['unknown outcomes', 'outcome=unknown'],
    ['a time long ago', `to=${SEEDED.time(500)}`],
    ['a time that has not come', 'from=2099-01-01T00:00:00Z'],
    ['a customer and a time', `customer=${SEEDED.customer(1)}&to=${SEEDED.time(500)}`],
  ]
  const COMBINED: [string, string][] = [
    ['a customer and a method that never meet', `customer=${SEEDED.customer(1)}&method=DELETE`],
    ['two that match often', 'method=GET&outcome=success'],
    ['three that match often', 'method=GET&stage=completed&outcome=success'],
    ['an address and a target that never meet', `ip=${SEEDED.ip(1)}&target=${SEEDED.target(2)}`],
    ['unknown outcomes of an admin', 'outcome=unknown&admin_id=8'],
  ]

  async function costOf(query: string) {
    const { bindings, counts } = countedBindings(env)
    const via = (request: Request) => fetchWith(bindings, request)
    const answer = await admin.call(`/admin/audit?${query}`, { via })
    expect(answer.status).toBe(200)
    return { rowsRead: counts.rowsRead, answer }
  }

  test('depends on the page, not on the trail: as much at 400 entries as at 40,000', async () => {
    // Whoever is named in the trail has an account.
    for (let count = 1; count < 40; count++) await makeAdmin()
    await seedTrail(400)
    const small = new Map<string, number>()
    for (const [name, query] of QUERIES) small.set(name, (await costOf(query)).rowsRead)
    await env.DB.exec('DROP TRIGGER audit_entries_no_delete')
    await env.DB.exec('DELETE FROM audit_entries')
    await seedTrail(COUNT)
    for (const [name, query] of QUERIES) {
      const { rowsRead } = await costOf(query)
      expect(rowsRead, name).toBeLessThanOrEqual(Math.max(small.get(name) ?? 0, 150))
    }
    for (const [name, query] of COMBINED) {
      const { rowsRead } = await costOf(query)
      expect(rowsRead, name).toBeLessThanOrEqual(4_000)
    }
  })

  test('filters that rarely meet give short pages, whose cursors lead to all there is', async () => {
    await seedTrail(10_000)
    // Each thousandth entry is a DELETE, each fortieth of admin 3.
    const query = `admin_id=3&method=DELETE`
    const pages = await pagesOfTrail(admin.call, query)
    const found = pages.flatMap(({ data }) => data.map(({ seq }) => seq))
    expect(found).toEqual(
      [9003, 8003, 7003, 6003, 5003, 4003, 3003, 2003, 1003, 3].filter((n) => n % 40 === 3),
    )
    const rare = await pagesOfTrail(admin.call, 'method=GET&outcome=error')
    expect(rare.flatMap(({ data }) => data.map(({ seq }) => seq))).toEqual([8005, 6005, 4005, 2005, 5])
  })
})
