import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_TEXT, recordable, recordablePath } from '../../../src/audit/recording/recordable.ts'
import { createAccessKey } from '../../../src/auth/callers/access-key.ts'

const encodeAll = (text: string) =>
  [...text].map((character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')

const key = createAccessKey('admin')
const session = 'stw_session_abc-DEF_ghi-jkl'
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'

describe('no credential gets into a record', () => {
  test.each<{ name: string; text: string; secrets: string[] }>([
    { name: 'a key', text: `x ${key} y`, secrets: [key.slice(12)] },
    { name: 'a key in upper case', text: key.toUpperCase(), secrets: [key.toUpperCase().slice(12)] },
    { name: 'a session with hyphens', text: session, secrets: ['DEF', 'jkl'] },
    { name: 'an encoded key', text: key.replaceAll('_', '%5F'), secrets: [key.slice(12)] },
    { name: 'a key encoded throughout', text: encodeAll(key), secrets: [encodeAll(key).slice(60)] },
    {
      name: 'a key encoded twice',
      text: encodeAll(encodeAll(key)),
      secrets: [encodeAll(encodeAll(key)).slice(60)],
    },
    {
      name: 'a key beside an encoding that is none',
      text: `%zz${key.replace('_', '%5f')}`,
      secrets: [key.slice(12)],
    },
    {
      name: 'an Authorization header',
      text: `curl -H "Authorization: Bearer ${jwt}"`,
      secrets: [jwt, 'sdWIi'],
    },
  ])('$name', ({ text, secrets }) => {
    const kept = recordable(text)
    for (const secret of secrets) expect.soft(kept).not.toContain(secret)
    expect(kept).toContain('[redacted]')
  })

  test.each([
    ['/lists?page=1&search=alice%40example.com', '/lists?page&search'],
    ['/lists?page=1&page=2', '/lists?page'],
    [`/lists?${key}`, '/lists?[redacted]'],
    ['/lists?q1w2E3r4T5z6', '/lists?[redacted]'],
    ['/lists?fields[city]=Berlin', '/lists?fields[city]'],
    [`/lists/${key}/contacts`, '/lists/[redacted]/contacts'],
    [`/lists/${encodeAll(key)}/contacts`, '/lists/[redacted]/contacts'],
    ['/contacts/caf%C3%A9', '/contacts/caf%C3%A9'],
  ])('the path %s is kept as %s', (path, kept) => {
    expect(recordablePath(`https://steward.example${path}`)).toBe(kept)
  })
})

test('whatever somebody sends, what is kept is well-formed, bounded, and without the key in it', () => {
  const around = fc.string({ unit: 'binary', maxLength: 3000 })
  const form = fc.constantFrom(
    (text: string) => text,
    encodeAll,
    (text: string) => encodeAll(encodeAll(text)),
    (text: string) => text.replaceAll('_', '%5f'),
  )
  fc.assert(
    fc.property(around, around, form, (before, after, encode) => {
      const kept = recordable(`${before}${encode(key)}${after}`)
      expect(kept.isWellFormed()).toBe(true)
      expect(kept.length).toBeLessThanOrEqual(MAX_TEXT)
      expect(decodeAll(kept)).not.toContain(key.slice(10))
    }),
    { seed: 20261121, numRuns: 500 },
  )
})

const decodeAll = (text: string): string => {
  const plain = text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return plain === text ? text : decodeAll(plain)
}

test('a credential that the bound cuts in two is not kept in part', () => {
  for (let offset = 0; offset <= 60; offset++) {
    const cut = `${'. '.repeat(MAX_TEXT - 30)}${' '.repeat(offset)}Bearer ${jwt}`
    expect(recordable(cut)).not.toContain(jwt.slice(0, 6))
    const shortened = `${`${key} `.repeat(80)}${'. '.repeat(100 + offset)}Bearer ${jwt}`
    expect(recordable(shortened)).not.toContain(jwt.slice(0, 6))
  }
})

test('a NUL, at which many readers of a file stop, is no part of a record', () => {
  expect(recordable('a\0b')).toBe('a\ufffdb')
})
