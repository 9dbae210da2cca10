import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import schema from '../../../src/audit/entry.schema.json'
import { adminApiKeys } from '../../../src/db/schema/staff.ts'
import worker from '../../../src/index.ts'
import { failingDatabase, fetchWith } from '../../support/bindings/bindings.ts'
import { countedBindings } from '../../support/bindings/counted-bindings.ts'
import { expectLogged, mayLog } from '../../support/bindings/logged.ts'
import { csvRows } from '../../support/calls/csv.ts'
import { database, makeAdminKey } from '../../support/factories.ts'
import { linesOf, loggedInUnrecorded, silentBindings } from '../../support/trail/audit.ts'
import {
  deliver,
  deliveriesOf,
  exportedObjects,
  makeEvent,
  makeEvents,
  quietQueues,
} from '../../support/trail/audit-queue.ts'
import { seedTrail } from '../../support/trail/audit-seed.ts'

const PATH = '/admin/audit/export'

let admin: Awaited<ReturnType<typeof loggedInUnrecorded>>

beforeAll(quietQueues)

beforeEach(async () => {
  admin = await loggedInUnrecorded()
})

const seqsOf = (text: string) => linesOf(text).map((line) => JSON.parse(line).seq as number)
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

test('gives the same bytes as the exported objects, from any number on', async () => {
  for (const from of [1, 4]) await deliver(deliveriesOf(makeEvents(3, from)))
  await quietQueues()
  const objects = [...(await exportedObjects())].filter(([name]) => name.endsWith('.ndjson'))
  const whole = await admin.call('/admin/audit/export')
  expect(whole.headers.get('Content-Disposition')).toBe('attachment; filename="audit.ndjson"')
  expect(whole.headers.get('Content-Type')).toBe('application/x-ndjson')
  expect(whole.text).toBe(objects.map(([, text]) => text).join(''))
  const rest = await admin.call('/admin/audit/export?after_seq=4')
  expect(rest.text).toBe(whole.text.split('\n').slice(4).join('\n'))
  expect((await admin.call('/admin/audit/export?after_seq=1000')).text).toBe('')
})

test('goes on over many pages, and asks for each when it is wanted', async () => {
  await seedTrail(1_700)
  const { bindings, counts } = countedBindings(silentBindings())
  const { text } = await admin.call('/admin/audit/export?after_seq=100', {
    via: (request) => fetchWith(bindings, request),
  })
  expect(seqsOf(text)).toEqual(range(101, 1_700))
  // Four pages and who is calling.
  expect(counts.d1).toBe(5)
})

test.each(['-1', 'x', '1.5'])('after_seq=%s is invalid', async (value) => {
  expect((await admin.call(`/admin/audit/export?after_seq=${value}`)).status).toBe(422)
})

describe('as CSV', () => {
  const csv = async (query = '') => {
    const answer = await admin.call(`${PATH}?format=csv${query}`)
    expect(answer.status).toBe(200)
    return { ...answer, rows: csvRows(answer.text) }
  }

  test('holds all members of each entry, in the order of its schema', async () => {
    await deliver(deliveriesOf(makeEvents(3)))
    const { headers, text, rows } = await csv('&after_seq=1')
    expect(headers.get('Content-Type')).toBe('text/csv; charset=utf-8; header=present')
    expect(headers.get('Content-Disposition')).toBe('attachment; filename="audit.csv"')
    expect(text.endsWith('\r\n')).toBe(true)
    const [columns, ...entries] = rows
    expect(columns).toEqual(Object.keys(schema.properties))
    const { text: lines } = await admin.call(`${PATH}?after_seq=1`)
    const members = linesOf(lines).map((line) => Object.values(JSON.parse(line)))
    expect(entries).toEqual(
      members.map((values) => values.map((value) => (value === null ? '' : `${value}`))),
    )
    expect(entries).toHaveLength(2)
  })

  test('has no cell that a spreadsheet would run', async () => {
    const request = {
      ...makeEvent(1).request,
      user_agent: '=HYPERLINK("http://x.example")',
      reason: '@SUM(A1)',
    }
    await deliver(deliveriesOf([{ ...makeEvent(1), request, target: { type: 'list', id: '+1' } }]))
    const [columns = [], cells = []] = (await csv()).rows
    const cell = (name: string) => cells[columns.indexOf(name)]
    expect([cell('user_agent'), cell('reason'), cell('target_id')]).toEqual([
      `'${request.user_agent}`,
      "'@SUM(A1)",
      "'+1",
    ])
  })

  test('has its columns where nothing matches', async () => {
    await deliver(deliveriesOf(makeEvents(1)))
    expect((await csv('&admin_id=99')).rows).toEqual([Object.keys(schema.properties)])
  })

  test('is a file of its own for each answer', async () => {
    await seedTrail(1_200)
    const { rows } = await csv()
    expect(rows).toHaveLength(1_201)
    expect(rows.slice(1).map(([seq]) => Number(seq))).toEqual(range(1, 1_200))
  })
})

test.each(['format=xml', 'format=', 'format=CSV'])('%s is invalid', async (query) => {
  expect(await admin.call(`${PATH}?${query}`)).toMatchObject({ status: 422, json: { errors: {} } })
})

describe('what an answer covers', () => {
  /** The target of a link to the next answer. */
  const nextOf = (headers: Headers) => /^<([^>]*)>; rel="next"$/.exec(headers.get('Link') ?? '')?.[1]

  /** All answers from the first on, following the links. */
  async function followed(first: string) {
    const answers: { seqs: number[]; d1: number; rowsRead: number }[] = []
    for (let path: string | undefined = first; path !== undefined; ) {
      const { bindings, counts } = countedBindings(silentBindings())
      const answer = await admin.call(path, { via: (request) => fetchWith(bindings, request) })
      expect(answer.status).toBe(200)
      answers.push({ seqs: seqsOf(answer.text), d1: counts.d1, rowsRead: counts.rowsRead })
      path = nextOf(answer.headers)
    }
    return answers
  }

  test('is bounded, however rarely a filter matches, and a link leads on', async () => {
    await seedTrail(120_400)
    const answers = await followed(`${PATH}?outcome=error&method=GET`)
    const errors = range(1, 120_400).filter((n) => n % 2000 === 5)
    expect(answers.map(({ seqs }) => seqs)).toEqual([
      errors.filter((n) => n <= 100_000),
      errors.filter((n) => n > 100_000),
    ])
    for (const { d1, rowsRead } of answers) {
      expect(d1).toBeLessThanOrEqual(25)
      expect(rowsRead).toBeLessThanOrEqual(100_200)
    }
  })

  test.each<{ filter: string; every: number; rest: number }>([
    { filter: 'outcome=success', every: 1, rest: 0 },
    { filter: 'customer_uid=customer00007', every: 40, rest: 7 },
  ])('costs each entry once, where $filter matches one in $every', async ({ filter, every, rest }) => {
    await seedTrail(6_000)
    const [answer] = await followed(`${PATH}?${filter}`)
    const matches = range(1, 6_000).filter(
      (n) => n % every === rest && (every > 1 || ![5, 7].includes(n % 2000)),
    )
    expect(answer?.seqs).toEqual(matches)
    expect(answer?.rowsRead).toBeLessThanOrEqual(6_100)
  })

  test('begins where the trail does, after a part of it was pruned', async () => {
    await seedTrail(40_000)
    await env.DB.exec('DROP TRIGGER audit_entries_no_delete')
    await env.DB.exec('DELETE FROM audit_entries WHERE seq <= 30000')
    const [answer, ...others] = await followed(`${PATH}?outcome=error&after_seq=3`)
    expect(answer?.seqs).toEqual([30_005, 32_005, 34_005, 36_005, 38_005])
    expect(answer?.rowsRead).toBeLessThanOrEqual(10_100)
    expect(others).toEqual([])
  })

  test('ends with what there was at its beginning, so that it ends', async () => {
    await deliver(deliveriesOf(makeEvents(3)))
    const answer = await admin.call(`${PATH}?customer_uid=xj35478ymfe15`)
    expect([seqsOf(answer.text), nextOf(answer.headers)]).toEqual([[1, 2, 3], undefined])
    const after = await admin.call(`${PATH}?after_seq=3`)
    expect([after.text, nextOf(after.headers)]).toEqual(['', undefined])
  })
})

describe('a reader', () => {
  let key: string

  beforeEach(async () => {
    await seedTrail(2_600)
    key = (await makeAdminKey(admin, { scopes: ['audit:read'] })).key
  })

  const started = (bindings: Cloudflare.Env, method = 'GET') =>
    worker.fetch(
      new Request(`https://steward.example${PATH}`, { method, headers: { 'X-ADMIN-API-KEY': key } }),
      bindings,
      createExecutionContext(),
    )

  test('is read for when it asks, and no page ahead', async () => {
    const { bindings, counts } = countedBindings(silentBindings())
    const reader = ((await started(bindings)).body as ReadableStream<Uint8Array>).getReader()
    const atStart = counts.d1
    for (const trips of [0, 1, 2, 3, 4, 5]) {
      expect((await reader.read()).done).toBe(false)
      // Long enough for whatever would be read ahead to be asked for.
      await admin.call('/admin')
      expect(counts.d1 - atStart).toBe(trips)
    }
    expect((await reader.read()).done).toBe(true)
  })

  test('whose key was revoked gets no further page', async () => {
    const reader = ((await started(silentBindings())).body as ReadableStream<Uint8Array>).getReader()
    expect((await reader.read()).done).toBe(false)
    await database().update(adminApiKeys).set({ revokedAt: 1 })
    await expect(reader.read()).rejects.toThrow()
  })

  test('who goes away stops the work, and who asks for the head alone gets no further page', async () => {
    const { bindings, counts } = countedBindings(silentBindings())
    const reader = ((await started(bindings)).body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    const trips = counts.d1
    await reader.cancel()
    expect((await started(bindings, 'HEAD')).status).toBe(200)
    expect(counts.d1 - trips).toBe(1)
  })

  test('does not take a transfer that broke off for the whole', async () => {
    expectLogged('"task":"audit export"')
    mayLog('"task":"note_use"')
    await admin.call('/admin')
    const response = await started({ ...silentBindings(), DB: failingDatabase({ from: 4 }) })
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow('the export was cut short')
  })

  test('is refused where the first page cannot be read', async () => {
    expectLogged('dependency_unavailable')
    mayLog('"task":"note_use"')
    expect((await started({ ...silentBindings(), DB: failingDatabase({ from: 2 }) })).status).toBe(503)
  })
})
