import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { createAccessKey, hasAccessKeyForm } from '../../../src/auth/callers/access-key.ts'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The checksum of the contract by other means than the service's own: 6 base62 digits of the CRC-32. */
function checksum(text: string): string {
  const digits = [5, 4, 3, 2, 1, 0].map((place) => Math.floor(crc32(text) / 62 ** place) % 62)
  return digits.map((digit) => BASE62[digit]).join('')
}

test.each(['admin', 'customer'] as const)('a new %s key ends in the CRC-32 of all before it', (kind) => {
  for (let i = 0; i < 100; i++) {
    const key = createAccessKey(kind)
    expect(key).toMatch(new RegExp(`^stw_${kind}_[0-9A-Za-z]{36}$`))
    expect(key.slice(-6)).toBe(checksum(key.slice(0, -6)))
    expect(hasAccessKeyForm(kind, key)).toBe(true)
  }
})

test.each([
  ['one character is another', (key: string) => key.replace(/.(?=.{10}$)/, (c) => (c === 'x' ? 'y' : 'x'))],
  ['two are swapped', (key: string) => `${key.slice(0, 13)}BA${key.slice(15)}`],
  ['it is cut short', (key: string) => key.slice(0, -1)],
  ['it is of the other kind', (key: string) => key.replace('customer', 'admin')],
  ['it is in capitals', (key: string) => key.toUpperCase()],
])('a key has no form of one if %s', (_, change) => {
  const body = `stw_customer_${'AB'.repeat(15)}`
  const key = body + checksum(body)
  expect(hasAccessKeyForm('customer', key)).toBe(true)
  expect(hasAccessKeyForm('customer', change(key))).toBe(false)
})
