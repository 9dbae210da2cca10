import { expect, test } from 'vitest'
import { utf8 } from '../../src/base/encoding.ts'
import { sameBytes, sameDigest, sha256Hex, sha256HexOfMuch } from '../../src/crypto/digest.ts'

test.each([
  // FIPS 180-2, appendix B.
  { name: 'abc', text: 'abc', is: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
  {
    name: 'two blocks',
    text: 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    is: '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  },
  {
    name: 'a million letters',
    text: 'a'.repeat(1_000_000),
    is: 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
  },
  { name: 'nothing', text: '', is: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
  { name: 'UTF-8', text: 'é😀', is: '1184d1f608158eea09d297565575892231550c403aaa913008d867a97cfd5c76' },
])('the SHA-256 of $name, as text and as bytes, by both ways', async ({ text, is }) => {
  expect(sha256Hex(text)).toBe(is)
  expect(sha256Hex(utf8(text))).toBe(is)
  expect(await sha256HexOfMuch(text)).toBe(is)
  expect(await sha256HexOfMuch(utf8(text))).toBe(is)
})

test('the bytes of a view are hashed, not those around it', async () => {
  const view = utf8('xabcx').subarray(1, 4)
  expect(sha256Hex(view)).toBe(sha256Hex('abc'))
  expect(await sha256HexOfMuch(view)).toBe(sha256Hex('abc'))
})

test.each([
  { name: 'the same', left: 'ab12', right: 'ab12', same: true },
  { name: 'nothing and nothing', left: '', right: '', same: true },
  { name: 'another first character', left: 'bb12', right: 'ab12', same: false },
  { name: 'another last character', left: 'ab13', right: 'ab12', same: false },
  { name: 'a beginning', left: 'ab1', right: 'ab12', same: false },
  { name: 'more', left: 'ab123', right: 'ab12', same: false },
  { name: 'nothing', left: '', right: 'ab12', same: false },
  { name: 'another case', left: 'AB12', right: 'ab12', same: false },
])('compared with a digest, $name: $same', ({ left, right, same }) => {
  expect(sameDigest(left, right)).toBe(same)
  expect(sameBytes(utf8(left), utf8(right))).toBe(same)
})
