import { beforeEach, expect, test } from 'vitest'
import { changesBetween } from '../../../src/audit/recording/changes.ts'
import { createAccessKey } from '../../../src/auth/callers/access-key.ts'
import { fetchWith } from '../../support/bindings/bindings.ts'
import { mailTo, tokenIn } from '../../support/bindings/mail.ts'
import { type CallOptions, call, loggedIn } from '../../support/calls/http.ts'
import { makeAdmin, makeCustomer, PASSWORD } from '../../support/factories.ts'
import { listenedQueue } from '../../support/trail/audit.ts'

let staff: Awaited<ReturnType<typeof loggedIn>>
let queue: ReturnType<typeof listenedQueue>

beforeEach(async () => {
  staff = await loggedIn()
  queue = listenedQueue({ forward: false })
})

/** Calls, and gives what the record of the act says. */
async function recordOf(path: string, options: CallOptions = {}) {
  queue.events.length = 0
  const answer = await staff.call(path, {
    method: 'POST',
    via: (request) => fetchWith(queue.bindings, request),
    ...options,
  })
  expect(answer.status, answer.text).toBeLessThan(300)
  const completed = queue.events.at(-1)
  return { data: answer.json.data, target: completed?.target, changes: completed?.changes }
}

const HIDDEN = '[redacted]'

test('what changes of a member of staff', async () => {
  const created = await recordOf('/admin/new', { body: { email: 'new@example.com', role: 'admin' } })
  expect(created).toMatchObject({
    target: { type: 'admin', id: `${created.data.id}` },
    changes: { email: [null, 'new@example.com'], role: [null, 'admin'] },
  })
  const { adminId } = await makeAdmin('customer_success')
  const role = await recordOf(`/admin/role/${adminId}`, { body: { role: 'admin' } })
  expect(role.changes).toEqual({ role: ['customer_success', 'admin'] })
  expect((await recordOf(`/admin/role/${adminId}`, { body: { role: 'admin' } })).changes).toBeNull()
  const disabled = await recordOf(`/admin/disable/${adminId}`)
  expect(disabled.changes).toEqual({ disabled: [false, true] })
  expect((await recordOf(`/admin/enable/${adminId}`)).changes).toEqual({ disabled: [true, false] })
  const time = expect.stringMatching(/^\d{4}-.*Z$/)
  const revoked = await recordOf(`/admin/revoke_credentials/${adminId}`)
  expect(revoked.changes).toEqual({ credentials_valid_from: [null, time] })
  expect((await recordOf(`/admin/reset_password/${adminId}`)).changes).toEqual({
    credentials_valid_from: [time, time],
    has_changed_password: [true, false],
    password: [null, HIDDEN],
  })
})

test('that somebody changed the own password, and neither password', async () => {
  const password = 'an entirely other passphrase'
  const body = { current_password: PASSWORD, password, password_confirmation: password }
  const { changes, target } = await recordOf('/admin/update_password', { body })
  expect(target).toEqual({ type: 'admin', id: `${staff.adminId}` })
  expect(changes).toEqual({ password: [null, HIDDEN] })
  expect(JSON.stringify(queue.events)).not.toContain(password)
})

test('what changes of an API key', async () => {
  const { uid } = await makeCustomer()
  const body = { name: 'Desk', scopes: ['customers:read'], customers: [uid], ip_allow: ['192.0.2.0/24'] }
  const { data, target, changes } = await recordOf('/admin/api_keys', { body })
  expect(target).toEqual({ type: 'api_key', id: data.id })
  expect(changes).toEqual({
    name: [null, 'Desk'],
    scopes: [null, ['customers:read']],
    customers: [null, [uid]],
    ip_allow: [null, ['192.0.2.0/24']],
    ip_deny: [null, []],
    require_reason: [null, false],
    key: [null, HIDDEN],
  })
  const path = `/admin/api_keys/${data.id}`
  expect((await recordOf(`${path}/roll`, { body: {} })).changes).toEqual({ key: [null, HIDDEN] })
  const revoked = await recordOf(path, { method: 'DELETE' })
  expect(revoked.changes).toEqual({ revoked_at: [null, revoked.data.revoked_at] })
  expect((await recordOf(path, { method: 'DELETE' })).changes).toBeNull()
})

test('what changes of a client', async () => {
  const { data, changes } = await recordOf('/admin/clients', { body: { name: 'Back office' } })
  expect(changes).toEqual({
    name: [null, 'Back office'],
    disabled: [null, false],
    require_bound_signatures: [null, false],
    secret: [null, HIDDEN],
  })
  const path = `/admin/clients/${data.id}`
  const bound = await recordOf(path, { method: 'PATCH', body: { require_bound_signatures: true } })
  expect(bound.changes).toEqual({ require_bound_signatures: [false, true] })
  expect((await recordOf(`${path}/rotate`, { body: {} })).changes).toEqual({ secret: [null, HIDDEN] })
  expect((await recordOf(`${path}/disable`)).changes).toEqual({ disabled: [false, true] })
  expect((await recordOf(`${path}/enable`)).changes).toEqual({ disabled: [true, false] })
})

test('what changes of a customer, and nothing that is personal', async () => {
  const person = { email: 'ada@acme.example', first_name: 'Ada', last_name: 'Lovelace' }
  const { data, changes } = await recordOf('/admin/customers', { body: { ...person, group: 'trial' } })
  expect(changes).toEqual({
    status: [null, 'active'],
    timezone: [null, 'UTC'],
    support_access: [null, 'open'],
    group: [null, 'trial'],
    email: [null, HIDDEN],
    first_name: [null, HIDDEN],
    last_name: [null, HIDDEN],
  })
  const path = `/admin/customers/${data.customer_uid}`
  const patch = { first_name: 'Augusta', company: { name: 'Engines' }, group: 'paying' }
  const patched = await recordOf(path, { method: 'PATCH', body: patch })
  expect(patched.changes).toEqual({
    group: ['trial', 'paying'],
    first_name: [HIDDEN, HIDDEN],
    company: [null, HIDDEN],
  })
  expect((await recordOf(`${path}/suspend`)).changes).toEqual({ status: ['active', 'inactive'] })
  expect((await recordOf(`${path}/activate`)).changes).toEqual({ status: ['inactive', 'active'] })
  const deleted = await recordOf(path, { method: 'DELETE' })
  expect(deleted.changes).toEqual({
    status: ['active', 'pending_delete'],
    purge_at: [null, deleted.data.purge_at],
  })
  const key = await recordOf(`/admin/customers/${(await makeCustomer()).uid}/api_keys`, {
    body: { name: 'Site' },
  })
  expect(key).toMatchObject({
    target: { type: 'api_key', id: key.data.id },
    changes: { name: [null, 'Site'], key: [null, HIDDEN] },
  })
  expect(JSON.stringify(queue.events)).not.toContain(key.data.key)
})

test('a change that is refused changes nothing', async () => {
  await staff.call(`/admin/role/${staff.adminId}`, {
    body: { role: 'admin' },
    via: (request) => fetchWith(queue.bindings, request),
  })
  expect(queue.events.map(({ changes }) => changes)).toEqual([null, null])
})

test('a key in a name does not get into a record', () => {
  const key = createAccessKey('admin')
  const changes = changesBetween('client', { before: null, after: { name: `of ${key}` } })
  expect(JSON.stringify(changes)).not.toContain(key.slice(10))
})

test('that a failure locked an account, and that a link unlocked it', async () => {
  const { email, adminId } = await makeAdmin('admin')
  const bindings = { ...queue.bindings, LOCKOUT_THRESHOLD: '2' as never }
  const via = (request: Request) => fetchWith(bindings, request)
  const target = { type: 'admin', id: `${adminId}` }
  const fail = () => staff.call('/admin/login', { body: { email, password: 'wrong' }, via })
  for (const changes of [null, { locked: [false, true] }, null]) {
    await fail()
    expect.soft(queue.events.at(-1)).toMatchObject({ target, changes })
  }
  const token = tokenIn(await mailTo(email))
  const body = new URLSearchParams({ token }).toString()
  await call('/admin/unlock', { body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, via })
  expect(queue.events.at(-1)).toMatchObject({ target, changes: { locked: [true, false] } })
})
