import { expect, test } from 'vitest'
import { fromBase64Url, fromHex, fromUtf8, toBase64Url, utf8 } from '../../src/base/encoding.ts'

test.each([
  // RFC 4648, section 10, without padding.
  { text: '', encoded: '' },
  { text: 'f', encoded: 'Zg' },
  { text: 'fo', encoded: 'Zm8' },
  { text: 'foo', encoded: 'Zm9v' },
  { text: 'foob', encoded: 'Zm9vYg' },
  { text: 'fooba', encoded: 'Zm9vYmE' },
  { text: 'foobar', encoded: 'Zm9vYmFy' },
  { text: '~~~???', encoded: 'fn5-Pz8_' },
])('base64url of "$text" is $encoded', ({ text, encoded }) => {
  expect(toBase64Url(utf8(text))).toBe(encoded)
  expect(fromBase64Url(encoded)).toEqual(utf8(text))
})

test.each([
  { name: 'padding', text: 'Zg==' },
  { name: 'the other alphabet', text: 'fn5+Pz8/' },
  { name: 'a blank', text: 'Zm9v Zm9v' },
  { name: 'an end of line', text: 'Zm9v\n' },
  { name: 'bits that no byte takes', text: 'Zh' },
  { name: 'one character too many', text: 'Zm9vY' },
  { name: 'what no alphabet has', text: 'Zm9*' },
])('a text with $name is no base64url', ({ text }) => {
  expect(fromBase64Url(text)).toBeNull()
})

test.each([
  { hex: '', bytes: [] },
  { hex: '00ff', bytes: [0, 255] },
  { hex: 'DeadBEEF', bytes: [0xde, 0xad, 0xbe, 0xef] },
])('"$hex" is hex', ({ hex, bytes }) => {
  expect(fromHex(hex)).toEqual(new Uint8Array(bytes))
})

test.each(['0', '0g', '0x00', ' 00', '00\n', '00 ff', '００'].map((text) => ({ text })))(
  '"$text" is no hex',
  ({ text }) => {
    expect(fromHex(text)).toBeNull()
  },
)

test.each([
  { name: 'a surrogate', bytes: [0xed, 0xa0, 0x80] },
  { name: 'a character that is longer than it has to be', bytes: [0xc0, 0x80] },
  { name: 'a character that ends early', bytes: [0xe2, 0x82] },
  { name: 'Latin-1', bytes: [0xe9] },
  { name: 'more than Unicode has', bytes: [0xf4, 0x90, 0x80, 0x80] },
])('$name is no UTF-8', ({ bytes }) => {
  expect(() => fromUtf8(new Uint8Array(bytes))).toThrow(TypeError)
})

test('UTF-8 comes back as it was, without a byte order mark', () => {
  expect(utf8('é😀')).toEqual(new Uint8Array([0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80]))
  expect(fromUtf8(utf8('é😀\0'))).toBe('é😀\0')
  expect(fromUtf8(utf8('\ufeffx\ufeff'))).toBe('x\ufeff')
})
