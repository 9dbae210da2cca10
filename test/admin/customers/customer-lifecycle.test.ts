import { beforeEach, describe, expect, test } from 'vitest'
import { hasAccessKeyForm } from '../../../src/auth/callers/access-key.ts'
import { customerApiKeys } from '../../../src/db/schema/customers.ts'
import { type Answer, customerWithCallers, loggedIn } from '../../support/calls/http.ts'
import { database } from '../../support/factories.ts'
import { DAY_MS } from '../../support/times.ts'
import { recordsOf } from '../../support/trail/audit.ts'

type Act = 'suspend' | 'activate' | 'delete'

let customer: Awaited<ReturnType<typeof customerWithCallers>>
let act: (name: Act) => Promise<Answer>
let admin: Awaited<ReturnType<typeof loggedIn>>

beforeEach(async () => {
  admin = await loggedIn('admin')
  customer = await customerWithCallers()
  const path = `/admin/customers/${customer.uid}`
  act = (name) =>
    name === 'delete'
      ? admin.call(path, { method: 'DELETE' })
      : admin.call(`${path}/${name}`, { method: 'POST' })
})

describe.each<{ name: string; acts: Act[]; customerStatus: string; status: number }>([
  { name: 'a new one', acts: [], customerStatus: 'active', status: 200 },
  { name: 'suspended', acts: ['suspend'], customerStatus: 'inactive', status: 403 },
  { name: 'suspended twice', acts: ['suspend', 'suspend'], customerStatus: 'inactive', status: 403 },
  { name: 'suspended and activated', acts: ['suspend', 'activate'], customerStatus: 'active', status: 200 },
  { name: 'activated', acts: ['activate'], customerStatus: 'active', status: 200 },
  { name: 'deleted', acts: ['delete'], customerStatus: 'pending_delete', status: 403 },
  { name: 'deleted twice', acts: ['delete', 'delete'], customerStatus: 'pending_delete', status: 403 },
  {
    name: 'suspended and deleted',
    acts: ['suspend', 'delete'],
    customerStatus: 'pending_delete',
    status: 403,
  },
  { name: 'deleted and activated', acts: ['delete', 'activate'], customerStatus: 'active', status: 200 },
])('$name', ({ acts, customerStatus, status }) => {
  test(`is ${customerStatus} to admins, and ${status} to the customer and whoever acts for it`, async () => {
    expect((await customer.own('/lists')).status).toBe(200)
    for (const name of acts)
      expect(await act(name)).toMatchObject({ status: 200, json: { data: { customer_uid: customer.uid } } })
    const { json } = await admin.call(`/admin/customers/${customer.uid}`)
    expect(json.data.status).toBe(customerStatus)
    for (const caller of [customer.own, customer.impersonated]) {
      for (const options of [{}, { body: { name: 'Newsletter' } }]) {
        const answer = await caller('/lists', options)
        if (status === 403) expect(answer).toMatchObject({ status, json: { code: 'customer_inactive' } })
        else expect(answer.status).toBeLessThan(300)
      }
    }
  })
})

test('the purge comes 30 days after the first DELETE, and a second one does not put it off', async () => {
  const before = Date.now()
  const first = (await act('delete')).json.data.purge_at
  expect(Date.parse(first) - before).toBeGreaterThanOrEqual(30 * DAY_MS)
  expect(Date.parse(first) - Date.now()).toBeLessThanOrEqual(30 * DAY_MS)
  expect((await act('delete')).json.data.purge_at).toBe(first)
  expect((await act('activate')).json.data.purge_at).toBeNull()
})

test('what is to be deleted can be neither suspended, which would keep it, nor given a key', async () => {
  await act('delete')
  expect(await act('suspend')).toMatchObject({ status: 409, json: { code: 'customer_pending_delete' } })
  const key = await admin.call(`/admin/customers/${customer.uid}/api_keys`, { body: { name: 'Late' } })
  expect(key).toMatchObject({ status: 409, json: { code: 'customer_pending_delete' } })
  expect((await admin.call(`/admin/customers/${customer.uid}`)).json.data.status).toBe('pending_delete')
})

test('each is on record, before and after, with the customer', async () => {
  const answers = [await act('suspend'), await act('activate'), await act('delete')]
  const records = await recordsOf(answers)
  expect(records).toHaveLength(6)
  for (const record of records) {
    expect(record).toMatchObject({
      admin_id: admin.adminId,
      customer_uid: customer.uid,
      target_type: 'customer',
      target_id: customer.uid,
    })
  }
})

test('a key for a customer works at once, is in this one answer, and is nowhere in D1 or the trail', async () => {
  const path = `/admin/customers/${customer.uid}/api_keys`
  const answer = await admin.call(path, { body: { name: 'Website' } })
  expect(answer.status).toBe(201)
  expect(answer.json.data).toEqual({
    id: expect.stringMatching(/^key_\w{22}$/),
    name: 'Website',
    key: expect.any(String),
  })
  const { key } = answer.json.data
  expect(hasAccessKeyForm('customer', key)).toBe(true)
  expect((await customer.own('/lists', { headers: { 'X-API-KEY': key } })).status).toBe(200)
  const kept = [await database().select().from(customerApiKeys), await recordsOf([answer])]
  expect(JSON.stringify(kept)).not.toContain(key)
  expect(await admin.call(path, { body: { name: ' ' } })).toMatchObject({
    status: 422,
    json: { errors: { name: ["can't be blank"] } },
  })
})
