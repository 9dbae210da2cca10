import { expect, test } from 'vitest'
import { customerWithCallers } from '../support/calls/http.ts'

const bookmarkOf = ({ headers }: { headers: Headers }) => headers.get('X-D1-Bookmark') ?? ''

test('a success carries a bookmark, which moves on with each write', async () => {
  const { own, impersonated } = await customerWithCallers()
  for (const caller of [own, impersonated]) {
    const before = bookmarkOf(await caller('/lists'))
    const written = bookmarkOf(await caller('/lists', { body: { name: 'Newsletter' } }))
    const after = bookmarkOf(await caller('/lists'))
    expect(before).toMatch(/^[0-9a-f-]+$/)
    expect(written > before).toBe(true)
    expect(after >= written).toBe(true)
  }
})

test('a refusal carries none: it may be told to nobody known', async () => {
  const { own } = await customerWithCallers()
  for (const answer of [
    await own('/lists/0000000000000'),
    await own('/lists', { headers: { 'X-API-KEY': 'x' } }),
  ])
    expect(answer.headers.has('X-D1-Bookmark')).toBe(false)
})

test.each([
  ['none', undefined],
  ['its own', 'own'],
  ['garbage', 'x; DROP TABLE lists'],
  ['a constraint of D1', 'first-unconstrained'],
  ['one from the future', `ffffffff-ffffffff-ffffffff-${'f'.repeat(32)}`],
  ['an empty one', ''],
  ['a very long one', 'f'.repeat(10_000)],
])('a client that sends %s sees its own writes', async (_, sent) => {
  const { own } = await customerWithCallers()
  const created = await own('/lists', { body: { name: 'Newsletter' } })
  const bookmark = sent === 'own' ? bookmarkOf(created) : sent
  const headers: Record<string, string> = bookmark === undefined ? {} : { 'X-D1-Bookmark': bookmark }
  const read = await own(`/lists/${created.json.list.uid}`, { headers })
  expect(read).toMatchObject({ status: 200, json: { list: { name: 'Newsletter' } } })
})
