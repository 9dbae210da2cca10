import { exports } from 'cloudflare:workers'
import { hc } from 'hono/client'
import { expect, test } from 'vitest'
import type { AppType } from '../src/app.ts'
import { customerWithCallers } from './support/calls/http.ts'

test('a typed client knows the routes, what they take and what they give', async () => {
  const { key } = await customerWithCallers()
  const steward = hc<AppType>('https://steward.example', {
    headers: { 'X-API-KEY': key },
    fetch: (input: RequestInfo | URL, init?: RequestInit) => exports.default.fetch(new Request(input, init)),
  })

  const created = await steward.lists.$post({ json: { name: 'Newsletter', description: null } })
  const { list } = await created.json()
  const page = await steward.lists.$get({ query: { per_page: '5' } })
  const { lists, pagination } = await page.json()

  const names: string[] = lists.map(({ name }) => name)
  expect(names).toEqual(['Newsletter'])
  expect(pagination.total).toBe(1)
  const one = await steward.lists[':uid'].$get({ param: { uid: list.uid } })
  expect((await one.json()).list.contacts_count).toBe(0)
})
