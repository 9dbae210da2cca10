import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { runListTasks } from '../../../src/customer/lists/list-tasks.service.ts'
import { MEMBER_STATUSES } from '../../../src/db/schema/lists.ts'
import { type Answer, type Caller, customerWithCallers } from '../../support/calls/http.ts'
import { database } from '../../support/factories.ts'
import { UNKNOWN_UID } from '../../support/unknown.ts'

const OPERATIONS = 120

/** Numbers that are random and the same in every run: Lehmer's generator of 1951. */
function generator(seed: number) {
  let state = seed
  return (below: number) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

type Random = ReturnType<typeof generator>

type Things = { lists: string[]; contacts: string[] }

/** Anything a customer can do that changes a count, on the latest things there are, or were. */
async function operate(call: Caller, random: Random, { lists, contacts }: Things): Promise<string> {
  const one = (of: readonly string[]) => of[random(of.length)] ?? UNKNOWN_UID
  const [list, contact, status] = [one(lists.slice(-3)), one(contacts.slice(-6)), one(MEMBER_STATUSES)]
  const email = `person${random(8)}@example.com`
  const member = `/lists/${list}/contacts/${contact}`
  const operations: [name: string, times: number, run: () => Promise<Answer>][] = [
    ['make a list', 2, () => call('/lists', { body: { name: 'List' } })],
    ['delete a list', 1, () => call(`/lists/${list}`, { method: 'DELETE' })],
    ['copy a list', 2, () => call(`/lists/${list}/copy`, { method: 'POST' })],
    ['make a contact', 2, () => call('/contacts', { body: { email } })],
    ['delete a contact', 2, () => call(`/contacts/${contact}`, { method: 'DELETE' })],
    ['add by email', 8, () => call(`/lists/${list}/contacts`, { body: { email, status } })],
    ['add by uid', 8, () => call(`/lists/${list}/contacts`, { body: { contact_uid: contact, status } })],
    ['change a status', 8, () => call(member, { method: 'PUT', body: { status } })],
    ['take out', 4, () => call(member, { method: 'DELETE' })],
  ]
  const weighted = operations.flatMap((operation) => Array<typeof operation>(operation[1]).fill(operation))
  const [name, , run] = weighted[random(weighted.length)] as (typeof operations)[number]
  const { status: answered, json } = await run()
  if (answered >= 300) return `${name}, refused`
  if (answered === 201) (json.list ? lists : contacts).push((json.list ?? json.contact).uid)
  return name
}

const all = async (sql: string) => (await env.DB.prepare(sql).all()).results

test('after random operations every total is what there is', async () => {
  const random = generator(1)
  const done: string[] = []
  const customers = [await customerWithCallers(), await customerWithCallers()]
  for (const { own } of customers) {
    const things: Things = { lists: [], contacts: [] }
    for (let i = 0; i < OPERATIONS; i++) done.push(await operate(own, random, things))
  }
  await runListTasks(database(), Date.now)
  expect([...new Set(done)].filter((name) => !name.endsWith('refused'))).toHaveLength(9)

  const ofCustomers = await all('SELECT uid, lists_count, contacts_count FROM customers ORDER BY uid')
  expect(ofCustomers).toEqual(
    await all(`SELECT uid, (SELECT count(*) FROM lists WHERE customer_uid = customers.uid) AS lists_count,
      (SELECT count(*) FROM contacts WHERE customer_uid = customers.uid) AS contacts_count FROM customers ORDER BY uid`),
  )
  const counters = MEMBER_STATUSES.map((status) => `${status}_count`).join(', ')
  const counted = MEMBER_STATUSES.map(
    (status) =>
      `(SELECT count(*) FROM list_contacts WHERE list_id = lists.id AND status = '${status}') AS ${status}_count`,
  ).join(', ')
  const ofLists = await all(`SELECT id, contacts_count, ${counters} FROM lists ORDER BY id`)
  expect(ofLists).toEqual(
    await all(`SELECT id, (SELECT count(*) FROM list_contacts WHERE list_id = lists.id) AS contacts_count, ${counted}
      FROM lists ORDER BY id`),
  )
  expect(ofLists.length, 'lists to compare').toBeGreaterThan(3)
  expect(Math.max(...ofLists.map(({ contacts_count }) => Number(contacts_count)))).toBeGreaterThan(3)
  // Nothing is left of lists and contacts that are gone.
  expect(
    await all(`SELECT * FROM list_contacts WHERE list_id NOT IN (SELECT id FROM lists)
      OR contact_id NOT IN (SELECT id FROM contacts)`),
  ).toEqual([])
})
