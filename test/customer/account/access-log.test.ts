import { beforeEach, describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../../src/audit/recording/event.ts'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { customerWithCallers } from '../../support/calls/http.ts'
import { pagesOf } from '../../support/calls/pages.ts'
import { recordsOf } from '../../support/trail/audit.ts'
import { deliver, deliveriesOf, type EventChanges, makeEvent } from '../../support/trail/audit-queue.ts'
import { UNKNOWN_UID } from '../../support/unknown.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  customer = await customerWithCallers()
})

const log = async (query = '') => (await customer.own(`/access_log${query}`)).json

/** An event of this customer; each `n` is an act. */
const event = (n: number, changes: EventChanges = {}, uid = customer.uid) =>
  makeEvent(n, { customer_uid: uid, ...changes })

const received = { stage: 'received', outcome: null } as const
const by = (admin_id: number, role = 'admin') => ({
  actor: { type: 'admin' as const, admin_id, role, api_key_id: null },
})

const append = (...events: AuditEvent[]) => deliver(deliveriesOf(events))

test('shows what admins did here, newest first, one entry an act', async () => {
  const changed = { action: { method: 'PATCH', route: '/lists/:uid', path: '/lists/xj35478ymfe15' } }
  const refused = { outcome: { status: 403, result: 'refused', duration_ms: 1 } } as const
  await append(
    event(1, by(7, 'customer_success')),
    event(2, { ...changed, ...received, ...by(8) }),
    event(3, refused),
    event(2, { ...changed, ...by(8), outcome: { status: 404, result: 'client_error', duration_ms: 2 } }),
  )
  const { entries, pagination } = await log()
  expect(pagination).toEqual({ page: 1, per_page: 20, total: 3, total_pages: 1, next_cursor: null })
  expect(entries).toMatchObject([
    { id: event(3).id, outcome: 'refused', status: 403 },
    { id: event(2).id, method: 'PATCH', route: '/lists/:uid', outcome: 'client_error', status: 404 },
    { id: event(1).id, outcome: 'success', status: 200, admin: { role: 'customer_success' } },
  ])
  expect(entries[1]).toEqual({
    id: event(2).id,
    time: event(2).time,
    admin: { id: expect.stringMatching(/^staff_[\w-]{22}$/), role: 'admin' },
    method: 'PATCH',
    route: '/lists/:uid',
    reason: null,
    status: 404,
    outcome: 'client_error',
  })
})

test('one act is one entry in whatever order its records arrive', async () => {
  await append(event(1))
  await append(event(1, received))
  const { entries, pagination } = await log()
  expect(entries).toMatchObject([{ id: event(1).id, outcome: 'success', status: 200 }])
  expect(pagination.total).toBe(1)
})

test('an act without an outcome is pending for a minute, then unknown', async () => {
  const ago = (seconds: number) => ({
    ...received,
    time: new Date(Date.now() - seconds * 1000).toISOString(),
  })
  await append(event(1, ago(70)), event(2, ago(50)))
  expect((await log()).entries).toMatchObject([
    { id: event(2).id, outcome: 'pending', status: null },
    { id: event(1).id, outcome: 'unknown', status: null },
  ])
})

test('shows nothing of another customer', async () => {
  const other = await customerWithCallers()
  await append(
    event(1, {}, other.uid),
    event(2),
    event(3, { customer_uid: null }),
    event(4, received, other.uid),
  )
  expect((await log()).entries).toMatchObject([{ id: event(2).id }])
  expect((await log()).pagination.total).toBe(1)
})

test('a pseudonym is one person’s at one customer', async () => {
  const other = await customerWithCallers()
  await append(event(1, by(7)), event(2, by(7, 'super_admin')), event(3, by(8)), event(4, by(7), other.uid))
  const idsOf = (entries: { admin: { id: string } }[]) => entries.map(({ admin }) => admin.id)
  const [third, second, first] = idsOf((await log()).entries)
  expect(second).toBe(first)
  expect(third).not.toBe(first)
  const [elsewhere] = idsOf((await other.own('/access_log')).json.entries)
  expect(elsewhere).not.toBe(first)
})

describe('pages', () => {
  test.each(['', '&page=1'])('each act once, by cursor%s', async (start) => {
    const acts = Array.from({ length: 12 }, (_, i) => i + 1)
    await append(...acts.flatMap((n) => [event(n, received), event(n)]))
    const pages = await pagesOf(customer.own, `/access_log?per_page=5${start}`)
    const seen = pages.flatMap(({ entries }) => entries.map(({ id }: { id: string }) => id))
    expect(seen).toEqual(acts.toReversed().map((n) => event(n).id))
    expect((await log('?per_page=5&page=3')).entries).toHaveLength(2)
  })

  test('cost as much at 3,000 acts as at 1,500, and tell no total', async () => {
    const costs: number[] = []
    await log()
    for (const from of [1, 1_501]) {
      const acts = Array.from({ length: 1_500 }, (_, i) => from + i)
      await append(...acts.flatMap((n) => [event(n, received), event(n)]))
      const { json, counts } = await counted(customer.own, '/access_log')
      expect(json.pagination).toMatchObject({ total: null, total_pages: null })
      expect(counts.d1).toBe(1)
      costs.push(counts.rowsRead)
    }
    expect(costs[1]).toBe(costs[0])
    expect(costs[0]).toBeLessThan(1_200)
  })

  test('cost the same however much the customer did itself', async () => {
    const itself = { actor: { type: 'customer', admin_id: null, role: null, api_key_id: null } } as const
    const acts = Array.from({ length: 500 }, (_, i) => i + 2)
    await append(event(1))
    await log()
    const before = await counted(customer.own, '/access_log')
    await append(...acts.map((n) => event(n, itself)))
    const after = await counted(customer.own, '/access_log')
    expect(after.json.entries).toMatchObject([{ id: event(1).id }])
    expect(after.counts.rowsRead).toBe(before.counts.rowsRead)
  })
})

test('what an admin does through the service is there, with its reason', async () => {
  const headers = { 'X-ADMIN-REASON': 'Ticket 4711' }
  const changed = await customer.impersonated('/lists', { body: { name: 'Spring' }, headers })
  const missed = await customer.impersonated(`/lists/${UNKNOWN_UID}`)
  await recordsOf([changed, missed])
  const { entries } = await log()
  expect(entries).toHaveLength(2)
  expect(entries).toContainEqual(
    expect.objectContaining({
      id: changed.headers.get('X-Audit-Id'),
      method: 'POST',
      route: '/lists',
      reason: 'Ticket 4711',
      status: 201,
      outcome: 'success',
    }),
  )
  expect(entries).toContainEqual(expect.objectContaining({ route: '/lists/:uid', status: 404, reason: null }))
  const text = JSON.stringify(entries)
  expect(text).not.toContain(customer.admin.email)
  expect(text).not.toContain(customer.adminKey.id)
})
