import { expect, test } from 'vitest'
import { BoundedCache } from '../../src/base/bounded-cache.ts'

const cacheOf = (...names: string[]) => {
  const cache = new BoundedCache<string>(3)
  for (const name of names) cache.set(name, `${name}!`)
  return cache
}

const kept = (cache: BoundedCache<string>, ...names: string[]) => names.filter((name) => cache.get(name))

test('forgets what was used longest ago', () => {
  expect(kept(cacheOf('a', 'b', 'c', 'd'), 'a', 'b', 'c', 'd')).toEqual(['b', 'c', 'd'])
  const read = cacheOf('a', 'b', 'c')
  expect(read.get('a')).toBe('a!')
  read.set('d', 'd!')
  expect(kept(read, 'a', 'b', 'c', 'd')).toEqual(['a', 'c', 'd'])
  const written = cacheOf('a', 'b', 'c')
  written.set('a', 'again')
  written.set('d', 'd!')
  expect(written.get('a')).toBe('again')
  expect(kept(written, 'a', 'b', 'c', 'd')).toEqual(['a', 'c', 'd'])
})

test('gives nothing for what it does not have, or has no longer', () => {
  const cache = cacheOf('a')
  cache.delete('a')
  expect([cache.get('a'), cache.get('__proto__')]).toEqual([undefined, undefined])
})
