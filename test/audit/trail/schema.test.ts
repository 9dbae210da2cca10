import { type Schema, Validator } from '@cfworker/json-schema'
import { expect, test } from 'vitest'
import schema from '../../../src/audit/entry.schema.json'
import { customerWithCallers, loggedIn } from '../../support/calls/http.ts'
import { recordsOf } from '../../support/trail/audit.ts'
import { deliver, deliveriesOf, exportedObjects, makeEvents } from '../../support/trail/audit-queue.ts'

const validator = new Validator(schema as Schema, '2020-12', false)
const errorsOf = (line: string) => validator.validate(JSON.parse(line)).errors.map(({ error }) => error)

test('every exported line is what entry.schema.json says, member by member', async () => {
  const customer = await customerWithCallers()
  const admin = await loggedIn()
  await recordsOf([
    await customer.impersonated('/lists', { body: { name: 'One' }, headers: { 'X-ADMIN-REASON': 'T-1' } }),
    await customer.impersonated('/nowhere?a=1'),
    await admin.call('/admin/api_keys', { body: { name: 'A key' } }),
    await admin.call('/admin/login', { body: { email: 'nobody@example.com', password: 'wrong' } }),
  ])
  await deliver(deliveriesOf(makeEvents(3)))
  const objects = [...(await exportedObjects())].filter(([name]) => name.endsWith('.ndjson'))
  const lines = objects.flatMap(([, text]) => text.trimEnd().split('\n'))
  expect(lines.length).toBeGreaterThanOrEqual(9)
  for (const line of lines) {
    expect(errorsOf(line)).toEqual([])
    expect(Object.keys(JSON.parse(line))).toEqual(Object.keys(schema.properties))
  }
})

test('a line of version 1, which has three members less, is one still', async () => {
  await deliver(deliveriesOf(makeEvents(1)))
  const [text = ''] = (await exportedObjects()).values()
  const { changes: _, replayed: __, rows: ___, ...line } = JSON.parse(text.split('\n')[0] ?? '')
  expect(errorsOf(JSON.stringify({ ...line, v: 1 }))).toEqual([])
  expect(errorsOf(JSON.stringify(line)), 'but none of version 2').not.toEqual([])
})

test.each([
  ['another member', { extra: 1 }],
  ['a nested value', { actor_type: { type: 'admin' } }],
  ['a member of another type', { seq: '1' }],
])('a line with %s would not be', async (_, change) => {
  await deliver(deliveriesOf(makeEvents(1)))
  const [text = ''] = (await exportedObjects()).values()
  expect(errorsOf(JSON.stringify({ ...JSON.parse(text.split('\n')[0] ?? ''), ...change }))).not.toEqual([])
})
