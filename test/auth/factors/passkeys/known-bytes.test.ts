import { expect, test } from 'vitest'
import { cborMapAt } from '../../../../src/auth/factors/passkeys/encodings.ts'
import { rawSignature } from '../../../../src/auth/factors/passkeys/raw-signature.ts'
import { fromHex } from '../../../../src/base/encoding.ts'
import { cbor } from '../../../support/factors/cbor.ts'

const bytes = (hex: string) => fromHex(hex) ?? new Uint8Array()
const hexOf = (raw: Uint8Array | null) =>
  raw && Array.from(raw, (byte) => byte.toString(16).padStart(2, '0')).join('')

const ONE = `${'00'.repeat(31)}01`
const TWO = `${'00'.repeat(31)}02`
const LARGE = 'ff'.repeat(32)

const SIGNATURES: { name: string; der: string; raw: string | null }[] = [
  { name: 'of short integers', der: '3006020101020102', raw: ONE + TWO },
  { name: 'of large integers', der: `3046022100${LARGE}022100${LARGE}`, raw: LARGE + LARGE },
  { name: 'of one of each', der: `3026020101022100${LARGE}`, raw: ONE + LARGE },
  { name: 'with a needless zero', der: '300702020001020102', raw: null },
  { name: 'with a zero', der: '3006020100020102', raw: null },
  { name: 'with a negative integer', der: '3006020181020102', raw: null },
  { name: 'with an empty integer', der: '30050200020102', raw: null },
  { name: 'with an integer of 33 bytes', der: `3026022101${LARGE}020102`, raw: null },
  { name: 'with more within it', der: '300702010102010200', raw: null },
  { name: 'with more behind it', der: '300602010102010200', raw: null },
  { name: 'with a second integer that is cut off', der: '30080201010204010203', raw: null },
  { name: 'with one integer', der: '3003020101', raw: null },
  { name: 'with a long form of its length', der: '308106020101020102', raw: null },
  { name: 'of another type', der: '3106020101020102', raw: null },
  { name: 'of integers of another type', der: '3006040101040102', raw: null },
  { name: 'of nothing', der: '', raw: null },
]

test.each(SIGNATURES)('a signature $name', ({ der, raw }) => {
  expect(hexOf(rawSignature(bytes(der)))).toBe(raw)
})

test('a map that is cut off within its last string is none', () => {
  const whole = cbor(new Map([['a', bytes(LARGE)]]))
  expect(cborMapAt(whole, 0).end).toBe(whole.length)
  expect(() => cborMapAt(whole.slice(0, -1), 0)).toThrow('malformed')
})
