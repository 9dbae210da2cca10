import { expect, test } from 'vitest'
import { BASE62, randomId, randomString, randomUid } from '../../src/crypto/random.ts'

const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz'

test('base62 is the digits, the capitals and the small letters, each once', () => {
  const capitals = BASE36.slice(10).toUpperCase()
  expect(BASE62).toBe(`${BASE36.slice(0, 10)}${capitals}${BASE36.slice(10)}`)
})

test.each([
  { what: 'a uid', make: randomUid, form: /^[0-9a-z]{13}$/ },
  { what: 'an id', make: () => randomId('aud'), form: /^aud_[0-9A-Za-z]{22}$/ },
  { what: 'nothing', make: () => randomString(BASE62, 0), form: /^$/ },
  { what: 'one character', make: () => randomString(BASE62, 1), form: /^[0-9A-Za-z]$/ },
  // The platform gives 65,536 bytes at most in one call.
  { what: 'many characters', make: () => randomString('ab', 32_768), form: /^[ab]{32768}$/ },
])('$what has its form', ({ make, form }) => {
  const made = Array.from({ length: 100 }, make)
  expect(made.filter((text) => !form.test(text))).toEqual([])
})

test('ids do not come twice', () => {
  expect(new Set(Array.from({ length: 10_000 }, randomUid)).size).toBe(10_000)
})

/**
 * Pearson's chi-squared of how often each character came. It passes `limit` by chance less than once in a billion runs,
 * and is several times the limit where bytes are taken modulo the alphabet's size.
 */
test.each([
  { name: 'base36', alphabet: BASE36, limit: 110 },
  { name: 'base62', alphabet: BASE62, limit: 150 },
])('each character of $name is equally likely', ({ alphabet, limit }) => {
  const counts = new Map([...alphabet].map((character) => [character, 0]))
  const DRAWN = 400_000
  for (let i = 0; i < 40; i++)
    for (const character of randomString(alphabet, DRAWN / 40))
      counts.set(character, (counts.get(character) ?? Number.NaN) + 1)
  const expected = DRAWN / alphabet.length
  const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  expect(chiSquared).toBeLessThan(limit)
})
