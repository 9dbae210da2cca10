import { type Schema, Validator } from '@cfworker/json-schema'
import { expect, test } from 'vitest'
import schema from '../../../src/audit/entry.schema.json'
import { customerWithCallers, loggedIn } from '../../support/calls/http.ts'
import { recordsOf } from '../../support/trail/audit.ts'
import { deliver, deliveriesOf, exportedObjects, makeEvents } from '../../support/trail/audit-queue.ts'

const validator = new Validator(schema as unknown as Schema, '2020-12', false)
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

test.each([
  { version: 1, lacks: ['changes', 'replayed', 'rows', 'grant_id', 'mode'] },
  { version: 2, lacks: ['grant_id', 'mode'] },
])('a line of version $version, which lacks $lacks, is one still', async ({ version, lacks }) => {
  await deliver(deliveriesOf(makeEvents(1)))
  const [text = ''] = (await exportedObjects()).values()
  const members = Object.entries(JSON.parse(text.split('\n')[0] ?? ''))
  const line = Object.fromEntries(members.filter(([name]) => !lacks.includes(name)))
  expect(errorsOf(JSON.stringify({ ...line, v: version }))).toEqual([])
  expect(errorsOf(JSON.stringify({ ...line, v: version + 1 })), 'but none of the next').not.toEqual([])
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
