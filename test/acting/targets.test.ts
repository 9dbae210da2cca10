import { beforeEach, expect, test } from 'vitest'
import { fetchWith } from '../support/bindings/bindings.ts'
import { type CallOptions, customerWithCallers } from '../support/calls/http.ts'
import { filledPath } from '../support/calls/paths.ts'
import { routeTable } from '../support/calls/routes.ts'
import { listenedQueue } from '../support/trail/audit.ts'
import { UNKNOWN_UID } from '../support/unknown.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>
let list: string
let contact: string

beforeEach(async () => {
  customer = await customerWithCallers()
  list = (await customer.own('/lists', { body: { name: 'Newsletter' } })).json.list.uid
  contact = (await customer.own(`/lists/${list}/contacts`, { body: { email: 'ada@example.com' } })).json
    .contact.uid
})

/** Calls for the customer; what was recorded of it, by stage. */
async function recorded(path: string, options: CallOptions = {}) {
  const { events, bindings } = listenedQueue()
  const answer = await customer.impersonated(path, {
    ...options,
    via: (request) => fetchWith(bindings, request),
  })
  return { ...answer, targets: events.map(({ stage, target }) => [stage, target]) }
}

const named = routeTable().filter(({ path, access }) => access?.kind === 'customer' && path.includes(':'))

test.each(named)(
  'the record of $method $path, refused, names what the path names',
  async ({ method, path }) => {
    const ids = [UNKNOWN_UID, 'bbbbbbbbbbbbb']
    const filled = filledPath(path, (_, index) => ids[index] ?? '')
    const target = { type: expect.any(String), id: filled.includes('bbb') ? ids[1] : ids[0] }
    const { status, targets } = await recorded(filled, {
      method,
      headers: { 'X-ADMIN-REASON': 'x'.repeat(501) },
    })
    expect(status).toBe(400)
    expect(targets).toEqual([['completed', target]])
  },
)

const nothing = ['received', null]

test.each<{
  what: string
  call: () => [path: string, options?: CallOptions]
  before: () => unknown
  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds
  after: (json: any) => unknown
}>([
  {
    what: 'a read of one thing: the thing',
    call: () => [`/contacts/${contact}`],
    before: () => [],
    after: () => ({ type: 'contact', id: contact }),
  },
  {
    what: 'a read of a list’s members: the list',
    call: () => [`/lists/${list}/contacts`],
    before: () => [],
    after: () => ({ type: 'list', id: list }),
  },
  { what: 'a read of all: nothing', call: () => ['/lists'], before: () => [], after: () => null },
  {
    what: 'a new list: the list',
    call: () => ['/lists', { body: { name: 'New' } }],
    before: () => [nothing],
    after: (json) => ({ type: 'list', id: json.list.uid }),
  },
  {
    what: 'a copy: first the list, then the copy',
    call: () => [`/lists/${list}/copy`, { body: {} }],
    before: () => [['received', { type: 'list', id: list }]],
    after: (json) => ({ type: 'list', id: json.list.uid }),
  },
  {
    what: 'a new contact: the contact',
    call: () => ['/contacts', { body: { email: 'new@example.com' } }],
    before: () => [nothing],
    after: (json) => ({ type: 'contact', id: json.contact.uid }),
  },
  {
    what: 'a new member: first the list, then the contact',
    call: () => [`/lists/${list}/contacts`, { body: { email: 'new@example.com' } }],
    before: () => [['received', { type: 'list', id: list }]],
    after: (json) => ({ type: 'contact', id: json.contact.uid }),
  },
  {
    what: 'a member: the contact',
    call: () => [`/lists/${list}/contacts/${contact}`, { method: 'DELETE' }],
    before: () => [['received', { type: 'contact', id: contact }]],
    after: () => ({ type: 'contact', id: contact }),
  },
  {
    what: 'many contacts: nothing',
    call: () => ['/contacts/bulk', { body: { contacts: [{ email: 'new@example.com' }] } }],
    before: () => [nothing],
    after: () => null,
  },
  {
    what: 'many members: the list',
    call: () => [`/lists/${list}/contacts/bulk`, { body: { contacts: [{ email: 'new@example.com' }] } }],
    before: () => [['received', { type: 'list', id: list }]],
    after: () => ({ type: 'list', id: list }),
  },
  {
    what: 'an escaped path: what it stands for',
    call: () => [`/lists/%${list.charCodeAt(0).toString(16)}${list.slice(1)}`],
    before: () => [],
    after: () => ({ type: 'list', id: list }),
  },
])('the record of $what', async ({ call, before, after }) => {
  const { status, json, targets } = await recorded(...call())
  expect(status).toBeLessThan(300)
  expect(targets).toEqual([...(before() as unknown[]), ['completed', after(json)]])
})
