import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { MEMBERS_PER_STEP, runListTasks } from '../../../src/customer/lists/list-tasks.service.ts'
import { customers } from '../../../src/db/schema/customers.ts'
import { listTasks, members } from '../../../src/db/schema/lists.ts'
import { failingDatabase, fetchWith } from '../../support/bindings/bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { customerWithCallers } from '../../support/calls/http.ts'
import { database } from '../../support/factories.ts'
import { seedMembers } from '../../support/seed.ts'
import { UNKNOWN_UID } from '../../support/unknown.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  customer = await customerWithCallers()
})

const makeList = async (name = 'Newsletter'): Promise<string> =>
  (await customer.own('/lists', { body: { name, description: 'Monthly' } })).json.list.uid

const copy = (uid: string, body: object = {}) => customer.own(`/lists/${uid}/copy`, { body })
const countOf = async (uid: string): Promise<number> =>
  (await customer.own(`/lists/${uid}`)).json.list.contacts_count
const tasks = () => database().select().from(listTasks)

/** Calls without what is done after the answer: it takes the two round trips of a write and fails at the next. */
async function cutOff(path: string, options: { method?: string; body?: unknown }) {
  expectLogged('list_tasks')
  const via = (request: Request) => fetchWith({ DB: failingDatabase({ from: 3 }) }, request)
  return customer.own(path, { ...options, via })
}

describe('a copy', () => {
  test('has the name that was sent, the description and the members with their status', async () => {
    const uid = await makeList()
    for (const status of ['subscribed', 'blacklisted']) {
      await customer.own(`/lists/${uid}/contacts`, { body: { email: `${status}@example.com`, status } })
    }
    const copied = await copy(uid, { name: 'Spring' })
    expect(copied).toMatchObject({ status: 201 })
    expect(copied.json).toEqual({
      status: 'success',
      message: 'List copied successfully',
      list: expect.objectContaining({ uid: expect.stringMatching(/^[a-z0-9]{13}$/), name: 'Spring' }),
    })
    const copyUid = copied.json.list.uid
    expect((await customer.own(`/lists/${copyUid}`)).json.list).toMatchObject({
      name: 'Spring',
      description: 'Monthly',
      contacts_count: 2,
    })
    const membersOf = async (of: string) => (await customer.own(`/lists/${of}/contacts`)).json.contacts
    expect(await membersOf(copyUid)).toEqual(await membersOf(uid))
    expect(await tasks()).toEqual([])
  })

  test.each([
    ['Newsletter', 'Newsletter (copy)'],
    ['🐝'.repeat(255), `${'🐝'.repeat(248)} (copy)`],
  ])('has a name of its own otherwise', async (name, expected) => {
    const { list } = (await copy(await makeList(name))).json
    expect(list.name).toBe(expected)
  })

  test('of a list that is unknown, or another customer’s, is not made', async () => {
    const other = await customerWithCallers()
    const theirs = (await other.own('/lists', { body: { name: 'Other' } })).json.list.uid
    for (const uid of [UNKNOWN_UID, theirs]) {
      expect.soft(await copy(uid)).toMatchObject({ status: 404, json: { code: 'list_unknown' } })
    }
    expect((await customer.own('/lists')).json.lists).toEqual([])
  })

  test('of a large list is made in steps, and goes on where it was cut off', async () => {
    const uid = await makeList()
    await seedMembers(uid, MEMBERS_PER_STEP * 2 + 1)
    const { list } = (await cutOff(`/lists/${uid}/copy`, { body: {} })).json
    expect(await countOf(list.uid)).toBe(MEMBERS_PER_STEP)
    // Deleted meanwhile, the source gives its members all the same.
    await cutOff(`/lists/${uid}`, { method: 'DELETE' })
    await Promise.all([runListTasks(database(), Date.now), runListTasks(database(), Date.now)])
    expect(await countOf(list.uid)).toBe(MEMBERS_PER_STEP * 2 + 1)
    expect(await tasks()).toEqual([])
    expect(await database().$count(members)).toBe(MEMBERS_PER_STEP * 2 + 1)
  })

  test('waits while its customer is suspended, and loses nothing by it', async () => {
    const customerIs = (status: 'active' | 'inactive') =>
      database().update(customers).set({ status }).where(eq(customers.uid, customer.uid))
    const uid = await makeList()
    await seedMembers(uid, MEMBERS_PER_STEP + 1)
    const { list } = (await cutOff(`/lists/${uid}/copy`, { body: {} })).json
    await cutOff(`/lists/${uid}`, { method: 'DELETE' })
    await customerIs('inactive')
    await runListTasks(database(), Date.now)
    expect(await tasks()).toHaveLength(2)
    await customerIs('active')
    await runListTasks(database(), Date.now)
    expect(await countOf(list.uid)).toBe(MEMBERS_PER_STEP + 1)
    expect(await tasks()).toEqual([])
  })

  test('is finished after the answer', async () => {
    const uid = await makeList()
    await seedMembers(uid, MEMBERS_PER_STEP + 1)
    const { list } = (await copy(uid)).json
    await vi.waitUntil(async () => (await countOf(list.uid)) === MEMBERS_PER_STEP + 1, { timeout: 10_000 })
  })

  test('that is deleted before it is finished leaves nothing behind', async () => {
    const uid = await makeList()
    await seedMembers(uid, MEMBERS_PER_STEP + 1)
    const { list } = (await cutOff(`/lists/${uid}/copy`, { body: {} })).json
    await cutOff(`/lists/${list.uid}`, { method: 'DELETE' })
    await runListTasks(database(), Date.now)
    expect(await database().$count(members)).toBe(MEMBERS_PER_STEP + 1)
    expect(await countOf(uid)).toBe(MEMBERS_PER_STEP + 1)
  })
})

describe('a deleted list', () => {
  test('is gone at once, and its members after it', async () => {
    const uid = await makeList()
    await seedMembers(uid, 10)
    await customer.own(`/lists/${uid}`, { method: 'DELETE' })
    expect(await customer.own(`/lists/${uid}/contacts`)).toMatchObject({
      status: 404,
      json: { code: 'list_unknown' },
    })
    await vi.waitUntil(async () => (await database().$count(members)) === 0, { timeout: 10_000 })
    expect((await customer.own('/contacts')).json.pagination.total).toBe(10)
  })

  test('that was cut off from that is emptied by the cron', async () => {
    const uid = await makeList()
    await seedMembers(uid, 10)
    await cutOff(`/lists/${uid}`, { method: 'DELETE' })
    expect(await database().$count(members)).toBe(10)
    await runListTasks(database(), Date.now)
    expect(await database().$count(members)).toBe(0)
    expect(await tasks()).toEqual([])
  })
})
