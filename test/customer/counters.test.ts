import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { runListTasks } from '../../src/customer/list-tasks.service.ts'
import { MEMBER_STATUSES } from '../../src/db/schema.ts'
import { database } from '../support/factories.ts'
import { type Caller, customerWithCallers } from '../support/http.ts'

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

/** Anything a customer can do that changes a count, on things there are, or were. */
async function operate(call: Caller, random: Random, lists: string[], contacts: string[]) {
  const one = (of: readonly string[]) => of[random(of.length)] ?? 'aaaaaaaaaaaaa'
  const [list, contact, status] = [one(lists), one(contacts), one(MEMBER_STATUSES)]
  const email = `person${random(20)}@example.com`
  switch (random(14)) {
    case 0:
      return lists.push((await call('/lists', { body: { name: 'List' } })).json.list.uid)
    case 1:
      return call(`/lists/${list}`, { method: 'DELETE' })
    case 2:
      return call(`/lists/${list}/copy`, { method: 'POST' })
    case 3:
      return call('/contacts', { body: { email } })
    case 4:
      return call(`/contacts/${contact}`, { method: 'DELETE' })
    case 6:
      return call(`/lists/${list}/contacts`, { body: { contact_uid: contact, status } })
    case 7:
      return call(`/lists/${list}/contacts/${contact}`, { method: 'PUT', body: { status } })
    case 8:
      return call(`/lists/${list}/contacts/${contact}`, { method: 'DELETE' })
    default: {
      const { json } = await call(`/lists/${list}/contacts`, { body: { email, status } })
      return json.contact && contacts.push(json.contact.uid)
    }
  }
}

const all = async (sql: string) => (await env.DB.prepare(sql).all()).results

test('after random operations every total is what there is', async () => {
  const random = generator(1)
  const customers = [await customerWithCallers(), await customerWithCallers()]
  for (const { own } of customers) {
    const [lists, contacts]: string[][] = [[], []]
    for (let i = 0; i < OPERATIONS; i++) await operate(own, random, lists ?? [], contacts ?? [])
  }
  await runListTasks(database(), Date.now)

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
