import { expect, test } from 'vitest'
import { callerWith, signedCaller } from './support/calls/http.ts'
import { makeAdmin, makeClient, makeCustomer, PASSWORD } from './support/factories.ts'
import { exportedLinesOf, recordsOf } from './support/trail/audit.ts'

test('an admin logs in, makes a key, acts for a customer, and every act is in the trail and its export', async () => {
  const client = await makeClient()
  const admin = await makeAdmin('customer_success')
  const customer = await makeCustomer()

  const login = await signedCaller(client)('/admin/login', {
    body: { email: admin.email, password: PASSWORD },
  })
  expect(login).toMatchObject({ status: 200, json: { message: 'Admin login successful' } })
  const token: string = login.json.data.auth_token

  const created = await signedCaller(client, token)('/admin/api_keys', { body: { name: 'Ticket desk' } })
  expect(created.status).toBe(201)

  const asCustomer = callerWith({ 'X-ADMIN-API-KEY': created.json.data.key, 'X-CUSTOMER-ID': customer.uid })
  const list = await asCustomer('/lists', {
    body: { name: 'Newsletter' },
    headers: { 'X-ADMIN-REASON': 'T-1' },
  })
  expect(list).toMatchObject({
    status: 201,
    json: { status: 'success', message: 'List created successfully' },
  })
  const lists = await asCustomer('/lists?page=1')
  expect(lists.json.lists).toMatchObject([{ uid: list.json.list.uid, name: 'Newsletter', contacts_count: 0 }])

  const entries = await recordsOf([login, created, list, lists])
  expect(entries.map(({ stage, method, path, result }) => [stage, method, path, result])).toEqual([
    ['completed', 'POST', '/admin/login', 'success'],
    ['received', 'POST', '/admin/api_keys', null],
    ['completed', 'POST', '/admin/api_keys', 'success'],
    ['received', 'POST', '/lists', null],
    ['completed', 'POST', '/lists', 'success'],
    ['completed', 'GET', '/lists?page', 'success'],
  ])
  expect(entries[4]).toMatchObject({
    id: list.headers.get('X-Audit-Id'),
    admin_id: admin.adminId,
    role: 'customer_success',
    api_key_id: created.json.data.id,
    customer_uid: customer.uid,
    reason: 'T-1',
    status: 201,
    request_id: list.headers.get('X-Request-Id'),
  })
  const exported = await exportedLinesOf(entries)
  expect(exported.map((line) => JSON.parse(line))).toEqual(entries)
})
