import { expect, test } from 'vitest'
import { adminApiKeys } from '../../../src/db/schema/staff.ts'
import { fetchWith } from '../../support/bindings/bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { customerWithCallers, loggedIn } from '../../support/calls/http.ts'
import { database } from '../../support/factories.ts'
import { recordsOf } from '../../support/trail/audit.ts'

test('texts of any length and kind make a record that can be read', async () => {
  const customer = await customerWithCallers()
  const long = 'x'.repeat(5_000)
  const answers = [
    await customer.impersonated(`/lists/${long}`, { headers: { 'User-Agent': long } }),
    await customer.impersonated('/lists', { headers: { 'CF-Connecting-IP': long } }),
    await customer.impersonated(`/lists?${long}=1`, { method: 'DELETE' }),
    await customer.impersonated(`/${'%F0%9F%98%80'.repeat(300)}`, { method: 'POST', body: '{}' }),
    await (await loggedIn()).call(`/admin/api_keys/${long}`, { method: 'DELETE' }),
  ]
  const records = await recordsOf(answers)
  expect(records.map(({ stage }) => stage).filter((stage) => stage === 'completed')).toHaveLength(5)
})

test('what names a secret as its target does not put it on record', async () => {
  const { adminKey } = await customerWithCallers()
  const answer = await (await loggedIn()).call(`/admin/api_keys/${adminKey.key}`, { method: 'DELETE' })
  expect(JSON.stringify(await recordsOf([answer]))).not.toContain(adminKey.key.slice(10))
})

test('a clock that is set back while a request runs does not spoil its record', async () => {
  const customer = await customerWithCallers()
  let time = Date.now()
  const answer = await customer.impersonated('/lists', {
    via: (request) => fetchWith({}, request, () => (time -= 1_000)),
  })
  expect(await recordsOf([answer])).toMatchObject([{ status: 200, duration_ms: 0 }])
})

test.each(['GET', 'POST'])('a %s that fails in a way nobody foresaw is on record', async (method) => {
  expectLogged('"code":"internal"')
  const customer = await customerWithCallers()
  await database()
    .update(adminApiKeys)
    .set({ ipDeny: ['not an address'] })
  const body = method === 'POST' ? { name: 'Never made' } : undefined
  const answer = await customer.impersonated('/lists', {
    method,
    body,
    headers: { 'CF-Connecting-IP': '192.0.2.1' },
  })
  expect(answer).toMatchObject({ status: 500, json: { code: 'internal' } })
  expect(answer.headers.get('X-Audit-Id')).toMatch(/^aud_/)
  expect(await recordsOf([answer])).toMatchObject([{ stage: 'completed', status: 500, result: 'error' }])
})
