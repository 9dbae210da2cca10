import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../src/base/encoding.ts'
import { pseudonymOf } from '../../src/crypto/pseudonym.ts'

/** The bytes 0 to 31. */
const KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8'
const OTHER_KEY = `${'A'.repeat(42)}E`

test.each([
  { customer: 'xj35478ymfe15', is: 'staff_BWPwanw9cCWNDiQ5Lzgicg' },
  { customer: 'aaaaaaaaaaaaa', is: 'staff_aePutlcH6LyxVYtG56W_BA' },
])('admin 7 is $is at $customer, now and again', async ({ customer, is }) => {
  expect(await pseudonymOf(KEY, customer, 7)).toBe(is)
  expect(await pseudonymOf(KEY, customer, 7)).toBe(is)
})

test('is the beginning of an HMAC-SHA-256 of customer and admin', async () => {
  const mac = createHmac('sha256', fromBase64Url(OTHER_KEY) ?? '')
    .update('xj35478ymfe15:123')
    .digest()
  expect(await pseudonymOf(OTHER_KEY, 'xj35478ymfe15', 123)).toBe(`staff_${toBase64Url(mac.subarray(0, 16))}`)
})

test('is another for another admin, customer or key', async () => {
  const names = await Promise.all([
    pseudonymOf(KEY, 'xj35478ymfe15', 7),
    pseudonymOf(KEY, 'xj35478ymfe15', 71),
    pseudonymOf(KEY, 'xj35478ymfe16', 7),
    pseudonymOf(OTHER_KEY, 'xj35478ymfe15', 7),
  ])
  expect(new Set(names).size).toBe(names.length)
})

test.each([
  { name: 'nothing', key: '' },
  { name: 'a byte less', key: toBase64Url(new Uint8Array(31)) },
  { name: 'a byte more', key: toBase64Url(new Uint8Array(33)) },
  { name: 'with padding', key: `${KEY}=` },
  { name: 'of the other base64', key: '+'.repeat(43) },
])('a key that is $name is refused', async ({ key }) => {
  await expect(pseudonymOf(key, 'xj35478ymfe15', 7)).rejects.toThrow(
    'PSEUDONYM_KEY is not base64url of 32 bytes',
  )
})
