import { crc32 as zlibCrc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32 } from '../../src/crypto/crc32.ts'

test.each([
  { text: '', is: 0x00000000 },
  { text: 'a', is: 0xe8b7be43 },
  // The check value of CRC-32/ISO-HDLC, https://reveng.sourceforge.io/crc-catalogue/17plus.htm.
  { text: '123456789', is: 0xcbf43926 },
  { text: 'The quick brown fox jumps over the lazy dog', is: 0x414fa339 },
])('the CRC-32 of "$text"', ({ text, is }) => {
  expect(crc32(text)).toBe(is)
})

test('is what zlib says of any ASCII text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      expect(crc32(text)).toBe(zlibCrc32(text))
    }),
  )
})
