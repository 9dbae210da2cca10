import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import type { Env } from '../../src/env.ts'
import { fetchWith } from '../support/bindings/bindings.ts'
import { type Caller, customerWithCallers } from '../support/calls/http.ts'
import { seedContacts } from '../support/seed.ts'
import { UNKNOWN_UID } from '../support/unknown.ts'

type Replication = 'on' | 'off'

const bookmarkOf = ({ headers }: { headers: Headers }) => headers.get('X-D1-Bookmark') ?? ''

/** Calls a deployment for whose database read replication is on or off. `sessions` notes where each that is opened begins. */
const deployed = (replication: Replication, caller: Caller, sessions: unknown[] = []): Caller => {
  const DB = new Proxy(env.DB, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        if (name === 'withSession') sessions.push(args[0])
        return Reflect.apply(member, target, args)
      }
    },
  })
  const bindings = { DB, READ_REPLICATION: replication } as unknown as Env
  return (path, options) => caller(path, { ...options, via: (request) => fetchWith(bindings, request) })
}

test('with read replication a success carries a bookmark, which moves on with each write', async () => {
  const { own, impersonated } = await customerWithCallers()
  for (const caller of [own, impersonated].map((each) => deployed('on', each))) {
    const before = bookmarkOf(await caller('/lists'))
    const written = bookmarkOf(await caller('/lists', { body: { name: 'Newsletter' } }))
    const after = bookmarkOf(await caller('/lists'))
    expect(before).toMatch(/^[0-9a-f-]+$/)
    expect(written > before).toBe(true)
    expect(after >= written).toBe(true)
  }
})

test('without it, only for a caller that sends one', async () => {
  const { own } = await customerWithCallers()
  expect((await own('/lists')).headers.has('X-D1-Bookmark')).toBe(false)
  const answer = await own('/lists', { headers: { 'X-D1-Bookmark': 'of another time' } })
  expect(bookmarkOf(answer)).toMatch(/^[0-9a-f-]+$/)
})

test('a refusal carries none: it may be told to nobody known', async () => {
  const own = deployed('on', (await customerWithCallers()).own)
  for (const answer of [
    await own(`/lists/${UNKNOWN_UID}`),
    await own('/lists', { headers: { 'X-API-KEY': 'x' } }),
  ])
    expect(answer.headers.has('X-D1-Bookmark')).toBe(false)
})

const SENT = [
  { sends: 'none', sent: () => undefined },
  { sends: 'its own', sent: (own: string) => own },
  { sends: 'garbage', sent: () => 'x; DROP TABLE lists' },
  { sends: 'a constraint of D1', sent: () => 'first-unconstrained' },
  { sends: 'one from the future', sent: () => `ffffffff-ffffffff-ffffffff-${'f'.repeat(32)}` },
  { sends: 'an empty one', sent: () => '' },
  { sends: 'a very long one', sent: () => 'f'.repeat(10_000) },
]

test.each((['on', 'off'] as const).flatMap((replication) => SENT.map((row) => ({ replication, ...row }))))(
  'replication $replication: a client that sends $sends sees its own writes',
  async ({ replication, sent }) => {
    const sessions: unknown[] = []
    const own = deployed(replication, (await customerWithCallers()).own, sessions)
    const created = await own('/lists', { body: { name: 'Newsletter' } })
    const bookmark = sent(bookmarkOf(created))
    const headers: Record<string, string> = bookmark === undefined ? {} : { 'X-D1-Bookmark': bookmark }
    for (const path of [`/lists/${created.json.list.uid}`, '/lists'])
      expect(JSON.stringify((await own(path, { headers })).json)).toContain('Newsletter')
    // No replica runs here, so this is what makes it hold where some do: without a session D1 asks the primary alone.
    expect(sessions.filter((start) => start !== 'first-primary')).toEqual([])
    expect(sessions.length > 0).toBe(replication === 'on' || bookmark !== undefined)
  },
)

test('what goes on after the answer has begun asks the primary again', async () => {
  const sessions: unknown[] = []
  const { own, uid } = await customerWithCallers()
  await seedContacts(uid, 3_000)
  expect((await deployed('on', own, sessions)('/contacts/export?format=csv')).status).toBe(200)
  expect(sessions.length).toBeGreaterThan(1)
  expect(sessions.filter((start) => start !== 'first-primary')).toEqual([])
})
