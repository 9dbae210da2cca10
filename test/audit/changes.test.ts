import { expect, test } from 'vitest'
import { changesBetween } from '../../src/audit/changes.ts'
import { createAccessKey } from '../../src/auth/access-key.ts'

const told = { shown: ['role', 'scopes', 'name'], hidden: ['email'] } as const

test.each([
  {
    name: 'a value',
    before: { role: 'admin' },
    after: { role: 'super_admin' },
    changes: { role: ['admin', 'super_admin'] },
  },
  {
    name: 'a list',
    before: { scopes: ['a'] },
    after: { scopes: ['a', 'b'] },
    changes: { scopes: [['a'], ['a', 'b']] },
  },
  { name: 'something new', before: null, after: { role: 'admin' }, changes: { role: [null, 'admin'] } },
  { name: 'nothing', before: { role: 'admin' }, after: { role: 'admin' }, changes: null },
  { name: 'what is not told of', before: { id: 1 }, after: { id: 2 }, changes: null },
  {
    name: 'what is hidden, by name alone',
    before: { email: 'a@example.com' },
    after: { email: 'b@example.com' },
    changes: { email: ['[redacted]', '[redacted]'] },
  },
  {
    name: 'what is hidden and new',
    before: null,
    after: { email: 'b@x.example' },
    changes: { email: [null, '[redacted]'] },
  },
])('$name', ({ before, after, changes }) => {
  expect(changesBetween(before, after, told)).toEqual(changes)
})

test('a key in a name does not get into a record', () => {
  const key = createAccessKey('admin')
  expect(JSON.stringify(changesBetween(null, { name: `of ${key}` }, told))).not.toContain(key.slice(10))
})
