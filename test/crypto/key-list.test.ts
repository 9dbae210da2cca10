import { expect, test } from 'vitest'
import { readKeyList } from '../../src/crypto/key-list.ts'

const ZEROS = 'A'.repeat(43)

test('keys are read in their order, blanks around them or not', () => {
  const keys = readKeyList('KEYS', `k2:${ZEROS}, k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8 `)
  expect([...keys.keys()]).toEqual(['k2', 'k1'])
  expect(keys.get('k2')).toEqual(new Uint8Array(32))
  expect(keys.get('k1')).toEqual(Uint8Array.from({ length: 32 }, (_, i) => i))
})

test.each([
  { name: 'nothing', text: '' },
  { name: 'undefined', text: undefined },
  { name: 'no id', text: `:${ZEROS}` },
  { name: 'no key', text: 'k1' },
  { name: 'an id with a dot', text: `k.1:${ZEROS}` },
  { name: 'a key of 31 bytes', text: `k1:${'A'.repeat(42)}` },
  { name: 'a key of 33 bytes', text: `k1:${'A'.repeat(44)}` },
  { name: 'a key that is no base64url', text: `k1:${'+'.repeat(43)}` },
  { name: 'a comma at the end', text: `k1:${ZEROS},` },
  { name: 'a second key that is none', text: `k1:${ZEROS},k2:x` },
])('$name is refused, and what stands there is not told', ({ text }) => {
  expect(() => readKeyList('KEYS', text)).toThrow(/^KEYS is not <id>:<32 bytes>,\.\.\.$/)
})
