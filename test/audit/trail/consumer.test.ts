import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AuditEvent } from '../../../src/audit/recording/event.ts'
import { auditDeadLetters } from '../../../src/db/schema/audit.ts'
import type { Env } from '../../../src/env.ts'
import { intercepted, interceptedDatabase, outage } from '../../support/bindings/bindings.ts'
import { mayLog } from '../../support/bindings/logged.ts'
import { database } from '../../support/factories.ts'
import { trail } from '../../support/trail/audit.ts'
import {
  type Delivery,
  deliver,
  deliveriesOf,
  exportedObjects,
  makeEvent,
  makeEvents,
  quietQueues,
  runCron,
  verify,
} from '../../support/trail/audit-queue.ts'

beforeAll(quietQueues)

/** All that was ever put into the bucket, by name: a name must never be given other bytes. */
let puts: Map<string, Set<unknown>>

beforeEach(() => {
  puts = new Map()
})

type Around = { before?: () => void; after?: () => void }

/** The bindings that the consumer calls, with something around each call. */
function bindingsWith(around: Around): Partial<Env> {
  const bucket = intercepted(env.AUDIT_BUCKET, 'put', around)
  return {
    DB: interceptedDatabase(env.DB, around),
    AUDIT_DEAD_LETTERS: intercepted(env.AUDIT_DEAD_LETTERS, 'send', around),
    AUDIT_BUCKET: new Proxy(bucket, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (name !== 'put' || typeof member !== 'function') return member
        return (key: string, value: unknown, options: unknown) => {
          puts.set(key, (puts.get(key) ?? new Set()).add(value))
          return Reflect.apply(member, target, [key, value, options])
        }
      },
    }),
  }
}

/** Delivers until nothing is left to deliver, and lets the cron pay what is owed. */
async function recover(left: Delivery[]): Promise<void> {
  let again = left
  while (again.length > 0) again = (await deliver(again, bindingsWith({}))).again
  await runCron(bindingsWith({}))
}

/** Every one of these events is in the trail once, in a chain without gaps, and all of it is exported and verifies. */
async function expectWhole(events: AuditEvent[]): Promise<void> {
  const entries = await trail()
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1))
  const stages = entries.map(({ id, stage }) => `${id}:${stage}`)
  expect(new Set(stages).size).toBe(stages.length)
  const wanted = new Set(events.map(({ id, stage }) => `${id}:${stage}`))
  expect(stages.filter((stage) => wanted.has(stage))).toHaveLength(wanted.size)
  const { lastSeq, headHash } = await verify(await exportedObjects())
  expect({ lastSeq, headHash }).toEqual({ lastSeq: entries.length, headHash: entries.at(-1)?.hash })
  puts.delete('audit/latest.digest.json')
  for (const values of puts.values()) expect(values.size).toBe(1)
}

describe('whichever call fails, every event is in the trail and its export once', () => {
  /** A batch as bad as it gets: both stages of an act, one of them twice, and something nobody can read. */
  const batchAt = (n: number) => [
    makeEvent(n, { stage: 'received' }),
    makeEvent(n),
    makeEvent(n),
    { n, what: 'is this' },
    makeEvent(n + 1),
  ]

  test.each(['before', 'after'] as const)('%s it did what it does', async (moment) => {
    let failed = true
    let nth = 0
    const events: AuditEvent[] = []
    while (failed) {
      nth++
      const fail = outage({ from: nth, times: 1 })
      failed = false
      const noted = () => {
        try {
          fail()
        } catch (error) {
          failed = true
          throw error
        }
      }
      const batch = batchAt(nth * 10)
      events.push(...batch.filter((body): body is AuditEvent => 'stage' in body))
      const { again } = await deliver(deliveriesOf(batch), bindingsWith({ [moment]: noted }))
      await recover(again)
      await expectWhole(events)
    }
    // One to set the unreadable aside, three round trips, two objects.
    expect(nth - 1).toBeGreaterThanOrEqual(6)
    await vi.waitUntil(async () => (await database().select().from(auditDeadLetters)).length === nth)
  })

  test('and if the consumer dies there, so that the queue delivers all of it again', async () => {
    const events: AuditEvent[] = []
    for (let nth = 1; nth <= 7; nth++) {
      for (const moment of ['before', 'after'] as const) {
        const batch = makeEvents(3, events.length + 1)
        events.push(...batch)
        await deliver(deliveriesOf(batch), bindingsWith({ [moment]: outage({ from: nth }) }))
        await recover(deliveriesOf(batch))
        await expectWhole(events)
      }
    }
  })
})

test('consumers at once, with overlapping batches, make one chain', async () => {
  const events = makeEvents(60)
  const batches = [events.slice(0, 30), events.slice(15, 45), events.slice(30, 60), events.slice(0, 60)]
  const results = await Promise.all(batches.map((batch) => deliver(deliveriesOf(batch), bindingsWith({}))))
  await recover(results.flatMap(({ again }) => again))
  await expectWhole(events)
})

test('a consumer that another one was faster than appends after it, without a redelivery', async () => {
  const [own, other] = [deliveriesOf(makeEvents(3)), deliveriesOf(makeEvents(3, 3))]
  let roundTrips = 0
  const DB = interceptedDatabase(env.DB, async () => {
    roundTrips++
    // Between its look at the trail and its append.
    if (roundTrips === 2) expect((await deliver(other)).acknowledged).toHaveLength(3)
  })
  const { acknowledged, again } = await deliver(own, { DB })
  expect({ acknowledged: acknowledged.length, again }).toEqual({ acknowledged: 3, again: [] })
  expect((await trail()).map(({ request_id }) => request_id)).toEqual([
    'req_3',
    'req_4',
    'req_5',
    'req_1',
    'req_2',
  ])
})

test('any interleaving of batches, redeliveries, consumers and failures leaves the same', async () => {
  const fault = fc.option(
    fc.record({
      moment: fc.constantFrom('before' as const, 'after' as const),
      from: fc.integer({ min: 1, max: 8 }),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  )
  const batch = fc.record({
    picks: fc.array(fc.integer({ min: 0, max: 19 }), { minLength: 1, maxLength: 12 }),
    fault,
    dies: fc.boolean(),
    withCron: fc.boolean(),
  })
  const rounds = fc.array(fc.array(batch, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 })
  let base = 0
  await fc.assert(
    fc.asyncProperty(rounds, async (plan) => {
      base += 100
      const eventAt = (pick: number) =>
        makeEvent(base + Math.floor(pick / 2), { stage: pick % 2 ? 'completed' : 'received' })
      const left: Delivery[] = []
      for (const atOnce of plan) {
        await Promise.all(
          atOnce.map(async ({ picks, fault: failing, dies, withCron }) => {
            const deliveries = deliveriesOf(picks.map(eventAt))
            const bindings = bindingsWith(failing ? { [failing.moment]: outage(failing) } : {})
            // Whatever the cron does may fail.
            mayLog('"job":')
            mayLog('list_tasks')
            if (withCron) await runCron(bindings).catch(() => undefined)
            const { again } = await deliver(deliveries, bindings)
            left.push(...(dies ? deliveries : again))
          }),
        )
      }
      for (const delivery of left) await recover([delivery])
      await recover([])
      await expectWhole(plan.flat().flatMap(({ picks }) => picks.map(eventAt)))
    }),
    { seed: 20261121, numRuns: 15 },
  )
}, 120_000)

describe('an R2 outage', () => {
  const down = () => bindingsWith({})
  const withoutBucket = () => ({ ...down(), AUDIT_BUCKET: intercepted(env.AUDIT_BUCKET, 'put', outage()) })

  test('delays the export and nothing else; what is owed goes out in order, across days', async () => {
    const events = makeEvents(34)
    for (const event of events) {
      const { again } = await deliver(deliveriesOf([event]), withoutBucket())
      expect(again).toEqual([])
    }
    expect(await trail()).toHaveLength(34)
    expect(await exportedObjects()).toHaveLength(0)
    await runCron(bindingsWith({}))
    await expectWhole(events)
    const order = [...puts.keys()]
      .filter((name) => !name.includes('latest'))
      .map((name) => Number(/(\d+)-\d+\.\w+/.exec(name)?.[1]))
    expect(order).toEqual(order.toSorted((left, right) => left - right))
  })

  test('is caught up on by the next batches too, ten objects at a time', async () => {
    const events = makeEvents(12)
    for (const event of events) await deliver(deliveriesOf([event]), withoutBucket())
    await deliver(deliveriesOf([makeEvent(13)]), bindingsWith({}))
    expect((await exportedObjects()).size).toBe(20)
    await deliver(deliveriesOf([makeEvent(14)]), bindingsWith({}))
    expect((await exportedObjects()).size).toBe(28)
  })
})

test('the cron copies the newest digest to where it is looked for, once', async () => {
  const copied: string[] = []
  const noted = new Proxy(env.AUDIT_BUCKET, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        if (name === 'put') copied.push(String(args[0]))
        return Reflect.apply(member, target, args)
      }
    },
  })
  for (const from of [1, 4]) {
    await deliver(deliveriesOf(makeEvents(3, from)))
    for (let run = 0; run < 2; run++) await runCron({ AUDIT_BUCKET: noted })
    const digests = [...(await exportedObjects())].filter(([name]) => name.endsWith('.digest.json'))
    const latest = await (await env.AUDIT_BUCKET.get('audit/latest.digest.json'))?.text()
    expect(latest).toBe(digests.at(-1)?.[1])
  }
  expect(copied).toEqual(['audit/latest.digest.json', 'audit/latest.digest.json'])
})

test('a batch of 100 messages costs three D1 round trips and two R2 puts', async () => {
  await deliver(deliveriesOf(makeEvents(3)))
  const counts = { d1: 0, r2: 0 }
  const bindings = {
    DB: interceptedDatabase(env.DB, () => void counts.d1++),
    AUDIT_BUCKET: intercepted(env.AUDIT_BUCKET, 'put', () => void counts.r2++),
  }
  const { acknowledged } = await deliver(deliveriesOf(makeEvents(100, 4)), bindings)
  expect(acknowledged).toHaveLength(100)
  expect(counts).toEqual({ d1: 3, r2: 2 })
})

test('objects are of bounded size, however large the messages are', async () => {
  const text = '"'.repeat(2048)
  const events = makeEvents(100).map((event) => ({
    ...event,
    request: { ...event.request, user_agent: text, reason: text, ip: text, country: text },
    action: { method: text, route: text, path: text },
  }))
  const { again } = await deliver(deliveriesOf(events), bindingsWith({}))
  expect(again).toEqual([])
  await expectWhole(events)
  const sizes = [...(await exportedObjects()).values()].map(({ length }) => length)
  expect(Math.max(...sizes)).toBeLessThan(1_000_000)
  expect(sizes.length).toBeGreaterThan(2)
})

test('without a signing key nothing is stored, and nothing is lost', async () => {
  const deliveries = deliveriesOf(makeEvents(2))
  expect((await deliver(deliveries, { AUDIT_SIGNING_KEYS: 'k1:short' })).again).toEqual(deliveries)
  await recover(deliveries)
  await expectWhole(makeEvents(2))
})
