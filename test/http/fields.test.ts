import { isIPv6 } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressRange, email, moment } from '../../src/http/fields/inputs.ts'

const emails = email()
const label = (length: number) => 'a'.repeat(length)

test.each([
  'ada@example.com',
  'bed&breakfast@x.example',
  "o'brien@example.com",
  'a!#$%&*+/=?^_`{|}~-b@example.com',
  'first.last+tag@mail.example.co.uk',
  '-@example.com',
  'info@mail.xn--p1ai',
  'info@xn--bcher-kva.example',
  'Ada@EXAMPLE.Com',
  '1@1.2.example',
  'a@a-b.example',
  'a@a--b.example',
  `${label(64)}@example.com`,
  `a@${label(63)}.example`,
  `a@${label(63)}.${label(63)}.${label(63)}.${label(57)}.de`,
])('%s is an email address', (address) => {
  expect(emails.safeParse(address).success).toBe(true)
})

test.each([
  '',
  'ada',
  '@example.com',
  'ada@',
  'ada@localhost',
  'a@foo-.com',
  'a@-foo.com',
  'a@foo..com',
  'a@.foo.com',
  'a@foo.com.',
  'a@foo_bar.com',
  'a@foo.c0m',
  'a@foo.xn--',
  'a@192.0.2.1',
  'a@[192.0.2.1]',
  '.a@example.com',
  'a.@example.com',
  'a..b@example.com',
  '"a b"@example.com',
  'a b@example.com',
  'a@b@example.com',
  'a(comment)@example.com',
  'ä@example.com',
  'a@bücher.example',
  'a@example.com\n',
  ' a@example.com',
  'a\0@example.com',
  `${label(65)}@example.com`,
  `a@${label(64)}.example`,
  `a@${label(63)}.${label(63)}.${label(63)}.${label(58)}.de`,
])('%j is none', (address) => {
  expect(emails.safeParse(address).success).toBe(false)
})

const moments = moment()
const iso = (text: string) => {
  const { data } = moments.safeParse(text)
  return data === undefined ? undefined : new Date(data).toISOString()
}

test.each([
  { text: '2026-11-25T10:20:30Z', is: '2026-11-25T10:20:30.000Z' },
  { text: '2026-11-25t10:20:30z', is: '2026-11-25T10:20:30.000Z' },
  { text: '2026-11-25t10:20:30.5+01:00', is: '2026-11-25T09:20:30.500Z' },
  { text: '2026-11-25T10:20:30.123456789Z', is: '2026-11-25T10:20:30.123Z' },
  { text: '2026-11-25T10:20:30.999999-23:59', is: '2026-11-26T10:19:30.999Z' },
  { text: '2026-11-25T10:20:30+23:59', is: '2026-11-24T10:21:30.000Z' },
  { text: '2026-11-25T10:20:30-00:00', is: '2026-11-25T10:20:30.000Z' },
  { text: '2026-11-25T10:20:30+00:00', is: '2026-11-25T10:20:30.000Z' },
  { text: '2026-11-25', is: '2026-11-25T00:00:00.000Z' },
  { text: '2028-02-29', is: '2028-02-29T00:00:00.000Z' },
  { text: '2016-12-31T23:59:60Z', is: '2017-01-01T00:00:00.000Z' },
  { text: '2017-01-01T00:59:60.5+01:00', is: '2017-01-01T00:00:00.000Z' },
  { text: '2016-12-31t18:59:60-05:00', is: '2017-01-01T00:00:00.000Z' },
  // What a text of four digits has of years, at both ends.
  { text: '0000-01-01', is: '0000-01-01T00:00:00.000Z' },
  { text: '0000-01-01T00:00:00Z', is: '0000-01-01T00:00:00.000Z' },
  { text: '0000-01-01T00:00:00-00:00', is: '0000-01-01T00:00:00.000Z' },
  { text: '0000-01-01T01:00:00+01:00', is: '0000-01-01T00:00:00.000Z' },
  { text: '0000-01-01T00:00:00-23:59', is: '0000-01-01T23:59:00.000Z' },
  { text: '0001-01-01T00:00:00+14:00', is: '0000-12-31T10:00:00.000Z' },
  { text: '9999-12-31', is: '9999-12-31T00:00:00.000Z' },
  { text: '9999-12-31T23:59:59.999999Z', is: '9999-12-31T23:59:59.999Z' },
  { text: '9999-12-31T18:59:59-05:00', is: '9999-12-31T23:59:59.000Z' },
  { text: '9999-12-31T23:59:59+05:00', is: '9999-12-31T18:59:59.000Z' },
])('$text is $is', ({ text, is }) => {
  expect(iso(text)).toBe(is)
})

test.each([
  { text: '' },
  { text: '2026' },
  { text: '2026-11' },
  { text: '2026-02-29' },
  { text: '2026-13-01' },
  { text: '2026-11-25T10:20Z' },
  { text: '2026-11-25T10:20:30' },
  { text: '2026-11-25 10:20:30Z' },
  { text: '2026-11-25T24:00:00Z' },
  { text: '2026-11-25t24:00:00z' },
  { text: '2026-11-25T10:60:00Z' },
  { text: '2026-11-25T10:20:60Z' },
  { text: '2026-11-25T10:20:61Z' },
  { text: '2026-12-31T23:59:60-05:00' },
  { text: '2026-11-25T10:20:30+24:00' },
  { text: '2026-11-25T10:20:30-00:60' },
  { text: '2026-11-25T10:20:30+0100' },
  { text: '2026-02-30T10:20:30Z' },
  { text: '20261125' },
  { text: '+002026-11-25' },
  { text: '-000001-11-25' },
  { text: '10000-01-01' },
  { text: 'now' },
  // Times that no text of four digits has, once they are in UTC.
  { text: '9999-12-31T23:59:59-05:00' },
  { text: '9999-12-31T23:59:59.999-00:01' },
  { text: '9999-12-31T00:01:00-23:59' },
  { text: '9999-12-31T23:59:60Z' },
  { text: '9999-12-31T18:59:60-05:00' },
  { text: '0000-01-01T00:00:00+00:01' },
  { text: '0000-01-01T23:58:59.999+23:59' },
  { text: '0000-01-01t00:59:59+01:00' },
])('$text is no time', ({ text }) => {
  expect(iso(text)).toBeUndefined()
})

const ranges = addressRange()
const rangeOf = (text: string) => ranges.safeParse(text).data

test.each([
  ['192.0.2.5', '192.0.2.5/32'],
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['2001:DB8::/32', '2001:DB8::/32'],
  ['::1', '::1/128'],
  ['::', '::/128'],
  ['::ffff:192.0.2.0/120', '192.0.2.0/24'],
  ['::FFFF:c000:0200/120', '192.0.2.0/24'],
  ['::ffff:0:0/96', '0.0.0.0/0'],
  ['64:ff9b::192.0.2.33', '64:ff9b::192.0.2.33/128'],
  ['2002:c000:204::/48', '2002:c000:204::/48'],
])('%s is the range %s', (text, expected) => {
  expect(rangeOf(text)).toBe(expected)
})

test.each([
  '::192.0.2.5',
  '::192.0.2.5/120',
  '0::192.0.2.5',
  '0:0:0:0:0:0:192.0.2.5',
  '::0:192.0.2.5',
  '010.0.0.1',
  '10.0.0.0/08',
  '10.0.0.0/33',
  '10.1/16',
  '0x0a.0.0.1',
  '167772161',
  '2001:00db8::/32',
  'fe80::1%eth0',
  '::ffff:0:0/95',
  '::ffff:010.0.0.1',
  '1::2::3',
  '10.0.0.0/8/8',
  ' 10.0.0.0/8',
  '',
  '/',
  ':',
])('%j is no range', (text) => {
  expect(rangeOf(text)).toBeUndefined()
})

test('what is taken for an IPv6 address is one to Node as well', () => {
  const groups = fc.constantFrom('0', '00', '0000', '00000', 'ffff', 'FFFF', 'db8', 'g', '', '192.0.2.1')
  const addresses = fc.array(groups, { minLength: 2, maxLength: 9 }).map((parts) => parts.join(':'))
  fc.assert(
    fc.property(addresses, (address) => {
      if (rangeOf(address) !== undefined) expect([address, isIPv6(address)]).toEqual([address, true])
    }),
    { seed: 20_261_125, numRuns: 5_000 },
  )
})
