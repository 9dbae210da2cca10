import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { exportOwedSegments } from '../../../src/audit/export/segments.ts'
import { pruneTrail } from '../../../src/audit/trail/retention.ts'
import type { Env } from '../../../src/env.ts'
import { storesIn } from '../../../src/http/stores.ts'
import { intercepted, interceptedDatabase, outage } from '../../support/bindings/bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { loggedIn } from '../../support/calls/http.ts'
import { DAY_MS } from '../../support/times.ts'
import { trail } from '../../support/trail/audit.ts'
import {
  deliver,
  deliveriesOf,
  exportedObjects,
  makeEvents,
  quietQueues,
  verify,
} from '../../support/trail/audit-queue.ts'

beforeAll(quietQueues)

beforeEach(async () => {
  for (const from of [1, 6, 11]) await deliver(deliveriesOf(makeEvents(5, from)))
})

const later = (days: number) => Date.now() + days * DAY_MS
const with40Days = (bindings: Partial<Env> = {}) =>
  storesIn({ ...env, AUDIT_RETENTION_DAYS: '40', ...bindings } as Env)

test('nothing is pruned unless it is set, and nothing before its time', async () => {
  await pruneTrail(storesIn(env), later(10_000))
  await pruneTrail(with40Days(), later(39))
  expect(await trail()).toHaveLength(15)
})

test('what is old and exported goes, and a checkpoint stays that the chain goes on from', async () => {
  await pruneTrail(with40Days(), later(42))
  const [checkpoint, ...others] = await trail()
  expect(others).toEqual([])
  expect(checkpoint).toMatchObject({
    seq: 16,
    stage: 'checkpoint',
    actor_type: 'system',
    target_id: '1-15',
    pruned_to_seq: 15,
    pruned_to_hash: checkpoint?.prev_hash,
  })
  await deliver(deliveriesOf(makeEvents(2, 16)))
  expect((await trail()).map(({ seq }) => seq)).toEqual([16, 17, 18])
  expect(await verify(await exportedObjects())).toMatchObject({ firstSeq: 1, lastSeq: 18 })
  const { call } = await loggedIn()
  expect((await call('/admin/audit')).json.meta).toMatchObject({ total: 3 })
})

test('the export verifies from the checkpoint on, even without the objects before', async () => {
  await pruneTrail(with40Days(), later(42))
  const objects = await exportedObjects()
  for (const name of [...objects.keys()].slice(0, 4)) objects.delete(name)
  expect(await verify(objects)).toMatchObject({ firstSeq: 11, lastSeq: 16 })
  const [[, digest = ''] = []] = [...objects].filter(([name]) => name.endsWith('/11-15.digest.json'))
  for (const name of [...objects.keys()].slice(0, 2)) objects.delete(name)
  expect(await verify(objects)).toMatchObject({ firstSeq: 16, lastSeq: 16 })
  // A copy of the newest digest from before that part says nothing of where it ends.
  objects.set('audit/latest.digest.json', digest)
  expect(await verify(objects)).toMatchObject({ firstSeq: 16, lastSeq: 16, shownTo: null })
})

test('checkpoints are pruned in their turn', async () => {
  await pruneTrail(with40Days(), later(42))
  await deliver(deliveriesOf(makeEvents(5, 16)))
  await pruneTrail(with40Days(), later(100))
  expect(await trail()).toMatchObject([{ stage: 'checkpoint', pruned_to_seq: 21, target_id: '16-21' }])
  expect(await verify(await exportedObjects())).toMatchObject({ firstSeq: 1, lastSeq: 22 })
})

test.each<[string, (name: string) => Promise<unknown>]>([
  ['changed', (name) => env.AUDIT_BUCKET.put(name, 'something else')],
  ['gone', (name) => env.AUDIT_BUCKET.delete(name)],
])('what comes after an object or digest that is %s stays', async (_, spoil) => {
  expectLogged('export_not_as_signed')
  const names = [...(await exportedObjects()).keys()]
  const [, , , digest = '', object = ''] = names
  await spoil(object)
  await pruneTrail(with40Days(), later(42))
  expect((await trail()).map(({ seq }) => seq)).toEqual([11, 12, 13, 14, 15, 16])
  await spoil(digest)
  await pruneTrail(with40Days(), later(50))
  expect((await trail()).map(({ seq }) => seq)).toEqual([11, 12, 13, 14, 15, 16])
})

test('nothing that is not exported goes', async () => {
  await deliver(deliveriesOf(makeEvents(3, 16)), {
    AUDIT_BUCKET: intercepted(env.AUDIT_BUCKET, 'put', outage()),
  })
  await pruneTrail(with40Days(), later(42))
  expect((await trail()).map(({ seq }) => seq)).toEqual([16, 17, 18, 19])
})

test.each(['before', 'after'] as const)(
  'a run that fails anywhere, %s a call, is made good by the next',
  async (moment) => {
    for (let nth = 1; nth <= 12; nth++) {
      const fail = outage({ from: nth, times: 1 })
      const around = { [moment]: fail }
      const bindings = {
        DB: interceptedDatabase(env.DB, around),
        AUDIT_BUCKET: intercepted(intercepted(env.AUDIT_BUCKET, 'put', around), 'get', around),
      }
      await pruneTrail(with40Days(bindings), later(nth * 100)).catch(() => undefined)
      await pruneTrail(with40Days(), later(nth * 100))
      await verifyWhole()
      await deliver(deliveriesOf(makeEvents(3, nth * 100)))
    }
  },
)

/** The trail in D1 is a chain that begins after a checkpoint's range, and all that ever was in it is exported. */
async function verifyWhole(): Promise<void> {
  const entries = await trail()
  const first = entries[0]?.seq ?? 0
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => first + i))
  expect(entries.slice(1).map(({ prev_hash }) => prev_hash)).toEqual(
    entries.slice(0, -1).map(({ hash }) => hash),
  )
  expect(entries.some(({ pruned_to_seq }) => pruned_to_seq === first - 1)).toBe(true)
  await exportOwedSegments(storesIn(env), Date.now())
  expect(await verify(await exportedObjects())).toMatchObject({ firstSeq: 1 })
}

test('two runs at once do it once', async () => {
  await Promise.allSettled([pruneTrail(with40Days(), later(42)), pruneTrail(with40Days(), later(42))])
  expect(await trail()).toMatchObject([{ seq: 16, stage: 'checkpoint' }])
})
