import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const TESTS = resolve(import.meta.dirname, '..')

test('test/README.md names every test file, and none that is not there', () => {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
  const there = files.filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
  const text = readFileSync(resolve(TESTS, 'README.md'), 'utf8')
  const named = [...text.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, name]) => name)
  expect([...new Set(named)].toSorted()).toEqual(there.toSorted())
})

test('test/README.md names no other file that is not there', () => {
  const files = new Set(readdirSync(TESTS, { recursive: true, encoding: 'utf8' }))
  const text = readFileSync(resolve(TESTS, 'README.md'), 'utf8')
  const named = [...text.matchAll(/`(support\/[\w/.-]+\.ts)`/g)].map(([, name = '']) => name)
  expect(named.length).toBeGreaterThan(0)
  expect(named.filter((name) => !files.has(name))).toEqual([])
})
