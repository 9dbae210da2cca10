import { beforeEach, expect, test } from 'vitest'
import { passkeys } from '../../../../src/db/schema/factors.ts'
import { database, makeAdmin } from '../../../support/factories.ts'
import { bent, SoftwareAuthenticator } from '../../../support/factors/authenticator.ts'
import {
  counts,
  makePasskey,
  ORIGIN,
  ruleBroken,
  type StoredPasskey,
  used,
} from '../../../support/factors/ceremonies.ts'

let authenticator: SoftwareAuthenticator
let passkey: StoredPasskey

beforeEach(async () => {
  authenticator = await SoftwareAuthenticator.make(ORIGIN)
  passkey = await makePasskey(authenticator, (await makeAdmin()).adminId)
})

const COUNTERS = [
  { name: 'goes up', before: 7, after: 8, rule: undefined },
  { name: 'leaps', before: 7, after: 4_294_967_295, rule: undefined },
  { name: 'begins', before: 0, after: 1, rule: undefined },
  { name: 'stands', before: 7, after: 7, rule: 'counter' },
  { name: 'goes back', before: 7, after: 6, rule: 'counter' },
  { name: 'goes back to none', before: 7, after: 0, rule: 'counter' },
]

test.each(COUNTERS)('one that $name', async ({ before, after, rule }) => {
  const known = { ...passkey, counter: before }
  expect(await ruleBroken(used(authenticator, known, { counter: after }))).toBe(rule)
})

test('only the owner of the key can make it look like a copy', async () => {
  const known = { ...passkey, counter: 7 }
  expect(await ruleBroken(used(authenticator, known, { counter: 1, signature: bent }))).toBe('signature')
})

test('of two uses at once with one count, one counts', async () => {
  const uses = await Promise.all([
    used(authenticator, passkey, { counter: 5 }),
    used(authenticator, passkey, { counter: 5 }),
  ])
  const counted = await Promise.all(uses.map(counts))
  expect(counted.toSorted()).toEqual([false, true])
})

test('one that does not count is used as often as one likes', async () => {
  for (const time of ['first', 'second'])
    expect.soft(await counts(await used(authenticator, passkey)), time).toBe(true)
})

test('a use of a passkey that is gone does not count', async () => {
  const use = await used(authenticator, passkey)
  await database().delete(passkeys)
  expect(await counts(use)).toBe(false)
})
