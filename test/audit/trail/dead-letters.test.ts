import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { AuditEvent } from '../../../src/audit/recording/event.ts'
import { pruneTrail } from '../../../src/audit/trail/retention.ts'
import { auditDeadLetters } from '../../../src/db/schema/audit.ts'
import { storesIn } from '../../../src/http/stores.ts'
import { failing, failingDatabase, fetchWith } from '../../support/bindings/bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { keyCaller, loggedIn } from '../../support/calls/http.ts'
import { database } from '../../support/factories.ts'
import { DAY_MS } from '../../support/times.ts'
import { trail } from '../../support/trail/audit.ts'
import { deliver, deliveriesOf, makeEvent, makeEvents, quietQueues } from '../../support/trail/audit-queue.ts'

const DLQ = 'steward-audit-dlq'
const WAIT = { timeout: 20_000, interval: 50 }

/** Prunes all that is in the trail and exported. */
const pruneAll = () => pruneTrail(storesIn({ ...env, AUDIT_RETENTION_DAYS: '30' }), Date.now() + 100 * DAY_MS)

type Shown = { body: { id: string }; appended_at: string | null }

const letters = () => database().select().from(auditDeadLetters).orderBy(auditDeadLetters.id)

const unreadable = { ...makeEvent(1), stage: 'middle', secret: 'hunter2' }

describe('a message that cannot be read', () => {
  test('is set aside and kept as it came, and the others of its batch are appended', async () => {
    const batch = [makeEvent(1), unreadable, makeEvent(2)]
    expect((await deliver(deliveriesOf(batch))).again).toEqual([])
    expect((await trail()).map(({ id }) => id)).toEqual([makeEvent(1).id, makeEvent(2).id])
    const kept = await vi.waitUntil(async () => (await letters())[0], WAIT)
    expect(JSON.parse(kept.body)).toEqual(unreadable)
    expect(kept.reason).toBe('unreadable: stage invalid_value, message unrecognized_keys')
  })

  test.each<[string, unknown, unknown, string]>([
    ['null', null, null, 'unreadable: message invalid_type'],
    ['a text', 'stw_admin_secret', 'stw_admin_secret', 'unreadable: message invalid_type'],
    ['bytes', new Uint8Array([0, 255]), { base64: 'AP8=' }, 'unreadable: '],
    ['a buffer', new Uint8Array([1]).buffer, { base64: 'AQ==' }, 'unreadable: '],
    ['what JSON cannot say', { big: 1n }, '[object Object]', 'unreadable: v invalid_value'],
    ['nothing', undefined, null, 'unreadable: message invalid_type'],
    ['another version', { ...makeEvent(1), v: 2 }, { ...makeEvent(1), v: 2 }, 'unreadable: v invalid_value'],
    ['a readable one', makeEvent(1), makeEvent(1), 'undeliverable: all retries failed'],
  ])('%s is kept, with what is wrong and nothing of what it holds', async (_, body, kept, reason) => {
    expect((await deliver(deliveriesOf([body]), {}, DLQ)).again).toEqual([])
    const [letter] = await letters()
    expect(JSON.parse(letter?.body ?? '')).toEqual(kept)
    expect(letter?.reason.startsWith(reason)).toBe(true)
    expect(letter?.reason).not.toContain('secret')
  })

  test.each([
    { where: 'the message', later: { ...makeEvent(1), grant_id: 'grant_1' } },
    { where: 'a part of it', later: { ...makeEvent(1), target: { type: 'list', id: 'x', name: 'A list' } } },
  ])(
    'of a later release, which says more in $where, is kept whole: a rollback loses nothing',
    async ({ later }) => {
      await deliver(deliveriesOf([later, makeEvent(2)]))
      // What earlier tests left in the queue may arrive meanwhile.
      const appended = (await trail()).map(({ id }) => id)
      expect(appended).toContain(makeEvent(2).id)
      expect(appended).not.toContain(later.id)
      const kept = await vi.waitUntil(async () => (await letters())[0], WAIT)
      expect(JSON.parse(kept.body)).toEqual(later)
      expect(kept.reason).toMatch(/^unreadable: (message|target) unrecognized_keys$/)
    },
  )

  test('of an earlier release, which says less, is appended', async () => {
    const { changes: _, replayed: __, outcome, ...event } = makeEvent(1)
    const { rows: ___, ...earlier } = outcome ?? { rows: null }
    await deliver(deliveriesOf([{ ...event, outcome: earlier }]))
    const appended = (await trail()).filter(({ id }) => id === event.id)
    expect(appended).toMatchObject([{ changes: null, replayed: false, rows: null }])
  })

  test('is not lost while D1 is down, nor while the other queue is', async () => {
    const message = deliveriesOf([unreadable])
    const queue = { AUDIT_DEAD_LETTERS: failing(env.AUDIT_DEAD_LETTERS, 'send') }
    expect((await deliver(message, queue)).again).toEqual(message)
    expect((await deliver(message, { DB: failingDatabase() }, DLQ)).again).toEqual(message)
    expect((await deliver(message, {}, DLQ)).acknowledged).toHaveLength(1)
    expect(await letters()).toHaveLength(1)
  })

  test('does not keep those behind it from being kept', async () => {
    const messages = deliveriesOf([unreadable, { other: 1 }])
    const { acknowledged, again } = await deliver(messages, { DB: failingDatabase({ times: 1 }) }, DLQ)
    expect([acknowledged, again.map(({ id }) => id)]).toEqual([['message-1'], ['message-0']])
  })

  test('delivered twice is one dead letter', async () => {
    await deliver(deliveriesOf([unreadable, unreadable]), {}, DLQ)
    expect(await letters()).toHaveLength(1)
  })
})

describe('/admin/audit/dead_letters', () => {
  const lost = makeEvents(3) as [AuditEvent, AuditEvent, AuditEvent]
  const idOf = async (event: unknown) =>
    (await letters()).find(({ body }) => body === JSON.stringify(event))?.id ?? ''

  const letterOf = async (id: string) => (await letters()).find((letter) => letter.id === id)
  let admin: Awaited<ReturnType<typeof loggedIn>>

  beforeEach(async () => {
    admin = await loggedIn()
    await deliver(deliveriesOf(lost), {}, DLQ)
  })

  test('lists them, page by page', async () => {
    const { call } = await loggedIn()
    const first = await call('/admin/audit/dead_letters?per_page=2')
    expect(first).toMatchObject({ status: 200, json: { meta: { total: 3, total_pages: 2 } } })
    const cursor = first.json.meta.next_cursor
    const second = await call(`/admin/audit/dead_letters?per_page=2&cursor=${cursor}`)
    const bodies = [...first.json.data, ...second.json.data].map(({ body }) => body.id)
    expect(bodies.toSorted()).toEqual(lost.map(({ id }) => id))
    expect(first.json.data[0]).toMatchObject({
      reason: 'undeliverable: all retries failed',
      replayed_at: null,
    })
    expect(second.json.meta.next_cursor).toBeNull()
  })

  test('replays one, on record', async () => {
    const { call } = await loggedIn()
    const path = `/admin/audit/dead_letters/${await idOf(lost[1])}/replay`
    expect(await call(path, { method: 'POST' })).toMatchObject({
      status: 200,
      json: { data: { replayed_at: expect.any(String), appended_at: null } },
    })
    const found = await vi.waitUntil(async () => {
      const entries = (await trail()).filter(({ id, target_type }) => id === lost[1].id || target_type)
      return entries.length >= 3 ? entries : undefined
    }, WAIT)
    expect(found.filter(({ id }) => id === lost[1].id)).toMatchObject([
      { time: lost[1].time, stage: 'completed' },
    ])
    expect(found.find(({ target_type }) => target_type)).toMatchObject({
      target_type: 'dead_letter',
      target_id: await idOf(lost[1]),
      admin_id: expect.any(Number),
    })
  })

  const ended = { status: 409, json: { code: 'dead_letter_appended', appended_at: expect.any(String) } }
  const replay = (id: string) => admin.call(`/admin/audit/dead_letters/${id}/replay`, { method: 'POST' })
  const appended = async (event: AuditEvent) =>
    (await trail()).filter(({ id, stage }) => id === event.id && stage === event.stage)

  test('is refused once it is in the trail, also after it was pruned from there', async () => {
    const id = await idOf(lost[1])
    await replay(id)
    await vi.waitUntil(async () => (await letterOf(id))?.appendedAt, WAIT)
    expect(await replay(id)).toMatchObject(ended)
    await pruneAll()
    expect(await appended(lost[1])).toEqual([])
    expect(await replay(id)).toMatchObject(ended)
    const { json } = await admin.call('/admin/audit/dead_letters')
    const shown = json.data.map(({ body, appended_at }: Shown) => [body.id, appended_at !== null])
    expect(Object.fromEntries(shown)).toEqual({
      [lost[0].id]: false,
      [lost[1].id]: true,
      [lost[2].id]: false,
    })
  })

  test.each<{ happens: string; arrive: (event: AuditEvent) => Promise<unknown> }>([
    { happens: 'before it was kept', arrive: (event) => deliver(deliveriesOf([event]), {}, DLQ) },
    {
      happens: 'before it was kept a second time, and it is pruned by then',
      arrive: async (event) => {
        await deliver(deliveriesOf([event]), {}, DLQ)
        await pruneAll()
        expect(await appended(event)).toEqual([])
        await deliver(deliveriesOf([event]), {}, DLQ)
      },
    },
  ])('is refused if another delivery of it was appended $happens', async ({ arrive }) => {
    const event = makeEvent(20)
    await deliver(deliveriesOf([event]))
    await arrive(event)
    expect(await replay(await idOf(event))).toMatchObject(ended)
  })

  test('is refused if another delivery of it was appended after it was kept', async () => {
    await deliver(deliveriesOf([lost[2]]))
    expect(await replay(await idOf(lost[2]))).toMatchObject(ended)
    expect((await letterOf(await idOf(lost[0])))?.appendedAt).toBeNull()
  })

  test('the other stage of the same act is another entry', async () => {
    const event = makeEvent(30)
    await deliver(deliveriesOf([{ ...event, stage: 'received', outcome: null }]))
    await deliver(deliveriesOf([event]), {}, DLQ)
    expect(await replay(await idOf(event))).toMatchObject({ status: 200 })
    await vi.waitUntil(async () => (await appended(event)).length === 1, WAIT)
  })

  test('replayed by many at once, it is in the trail once', async () => {
    const id = await idOf(lost[0])
    const answers = await Promise.all(Array.from({ length: 5 }, () => replay(id)))
    for (const { status } of answers) expect([200, 409]).toContain(status)
    await vi.waitUntil(async () => (await letterOf(id))?.appendedAt, WAIT)
    await quietQueues()
    expect(await appended(lost[0])).toHaveLength(1)
    expect(await replay(id)).toMatchObject(ended)
  })

  test('one that nobody can read is no entry, and can be replayed as often as one likes', async () => {
    await deliver(deliveriesOf([unreadable, { ...unreadable, id: 7, stage: 'completed' }]), {}, DLQ)
    const unread = (await letters()).filter(({ reason }) => reason.startsWith('unreadable'))
    expect(unread.map(({ eventId, eventStage }) => [eventId, eventStage])).toEqual([
      [null, null],
      [null, null],
    ])
    for (const { id } of [...unread, ...unread]) expect((await replay(id)).status).toBe(200)
  })

  test('one that comes back is open again', async () => {
    const { call } = await loggedIn()
    await deliver(deliveriesOf([unreadable]), {}, DLQ)
    const id = await idOf(unreadable)
    await call(`/admin/audit/dead_letters/${id}/replay`, { method: 'POST' })
    const open = async () =>
      (await letters()).find((letter) => letter.id === id && letter.replayedAt === null)
    await vi.waitUntil(open, WAIT)
  })

  test('nothing is marked if the queue refuses', async () => {
    expectLogged('audit_unavailable')
    const { call } = await loggedIn()
    // The first message is the record of the replay itself.
    const queue = { AUDIT_QUEUE: failing(env.AUDIT_QUEUE, 'send', { from: 2, times: 1 }) }
    const answer = await call(`/admin/audit/dead_letters/${await idOf(lost[0])}/replay`, {
      method: 'POST',
      via: (request) => fetchWith(queue, request),
    })
    expect(answer).toMatchObject({ status: 503, json: { code: 'audit_unavailable' } })
    expect((await letters()).every(({ replayedAt }) => replayedAt === null)).toBe(true)
  })

  test('is for super_admins alone, not for keys, and knows what it does not have', async () => {
    const superAdmin = await loggedIn()
    const key = await keyCaller(superAdmin)
    const path = `/admin/audit/dead_letters/${await idOf(lost[0])}/replay`
    for (const caller of [key, (await loggedIn('admin')).call]) {
      expect.soft((await caller('/admin/audit/dead_letters')).status).toBe(403)
      expect.soft((await caller(path, { method: 'POST' })).status).toBe(403)
    }
    const unknown = await superAdmin.call('/admin/audit/dead_letters/dlq_0/replay', { method: 'POST' })
    expect(unknown).toMatchObject({ status: 404, json: { code: 'dead_letter_unknown' } })
  })
})
