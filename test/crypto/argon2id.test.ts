import { argon2id as noble } from '@noble/hashes/argon2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { afterAll, describe, expect, test, vi } from 'vitest'
import * as wasm from '#argon2id-wasm'
import { utf8 } from '../../src/base/encoding.ts'
import { type Argon2Cost, argon2idHash, isHashable } from '../../src/crypto/argon2id.ts'

const CHEAP = { m: 32, t: 2, p: 1 }
const TODAY = { m: 19_456, t: 2, p: 1 }
const PAGE = 64 * 1_024

// Shows the memory of each hash, and hashes.
const computing = vi.spyOn(wasm, 'computeArgon2id')
afterAll(() => computing.mockRestore())

/** The answer of another implementation. */
const expected = (password: string, salt: Uint8Array, { m, t, p }: Argon2Cost) =>
  bytesToHex(noble(utf8(password), salt, { m, t, p, dkLen: 32 }))

const hashHex = (password: string, salt: Uint8Array, cost: Argon2Cost) =>
  bytesToHex(argon2idHash(password, salt, cost))

// The first test, for memory never shrinks and the vectors below cost more.
test('the memory of one hash is that of the next, no larger than it has to be, and keeps nothing', () => {
  const salt = hexToBytes('00112233445566778899aabbccddeeff')
  const sizes = [TODAY, CHEAP, TODAY].map((cost) => {
    argon2idHash('correct horse battery staple', salt, cost)
    return computing.mock.lastCall?.[1].memory.buffer.byteLength
  })
  expect(sizes).toEqual(Array(3).fill(305 * PAGE))
  const [first, last] = [computing.mock.calls.at(-3), computing.mock.calls.at(-1)]
  expect(last?.[1].memory).toBe(first?.[1].memory)
  expect(new Uint8Array(last?.[1].memory.buffer ?? []).findIndex((byte) => byte !== 0)).toBe(-1)
})

test('the vector of RFC 9106, section 5.3', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 })
  const instance = new WebAssembly.Instance(wasm.module, { env: { memory } })
  const tag = wasm.computeArgon2id(
    {
      password: new Uint8Array(32).fill(1),
      salt: new Uint8Array(16).fill(2),
      secret: new Uint8Array(8).fill(3),
      ad: new Uint8Array(12).fill(4),
      ...{ memorySize: 32, passes: 3, parallelism: 4, tagLength: 32 },
    },
    { memory, instance },
  )
  expect(bytesToHex(tag)).toBe('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659')
})

// Of the reference implementation's own tests: https://github.com/P-H-C/phc-winner-argon2/blob/master/src/test.c
test.each([
  {
    password: 'password',
    salt: 'somesalt',
    cost: { m: 65_536, t: 2, p: 1 },
    hash: '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7',
  },
  {
    password: 'password',
    salt: 'diffsalt',
    cost: { m: 65_536, t: 2, p: 1 },
    hash: 'bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c',
  },
  {
    password: 'differentpassword',
    salt: 'somesalt',
    cost: { m: 65_536, t: 2, p: 1 },
    hash: '0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde',
  },
  {
    password: 'password',
    salt: 'somesalt',
    cost: { m: 256, t: 2, p: 2 },
    hash: '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037',
  },
])('the reference vector of $password and $salt at m=$cost.m p=$cost.p', ({ password, salt, cost, hash }) => {
  expect(hashHex(password, utf8(salt), cost)).toBe(hash)
})

describe('is what @noble/hashes says', () => {
  test.each([
    { name: 'NUL', password: 'before\0after, and \0\0 again' },
    { name: 'eight bytes', password: '\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008' },
    { name: 'digits', password: '00000000' },
    { name: '128 code points of four bytes', password: '🔑'.repeat(128) },
    { name: '4 KiB', password: 'x'.repeat(4_096) },
  ])('of $name', ({ password }) => {
    const salt = crypto.getRandomValues(new Uint8Array(16))
    expect(hashHex(password, salt, CHEAP)).toBe(expected(password, salt, CHEAP))
  })

  test("at today's cost", () => {
    const salt = crypto.getRandomValues(new Uint8Array(16))
    expect(hashHex('correct horse', salt, TODAY)).toBe(expected('correct horse', salt, TODAY))
  })

  test('of any password, salt and cost, one after the other in one memory', () => {
    const password = fc
      .string({ unit: 'binary', maxLength: 300 })
      .map((text) => text.normalize('NFKC'))
      .filter((text) => text.isWellFormed() && isHashable(text))
    const cost = fc
      .record({
        blocks: fc.integer({ min: 8, max: 40 }),
        t: fc.constantFrom(1, 2, 3),
        p: fc.constantFrom(1, 2),
      })
      .map(({ blocks, t, p }) => ({ m: blocks * p, t, p }))
    fc.assert(
      fc.property(password, fc.uint8Array({ minLength: 8, maxLength: 64 }), cost, (text, salt, of) => {
        expect(hashHex(text, salt, of)).toBe(expected(text, salt, of))
      }),
      { numRuns: 50 },
    )
  })
})

test('a password typed on another keyboard is the same', () => {
  const salt = new Uint8Array(16)
  expect(hashHex('Caf\u00e9 \ufb01ne, 15 letters', salt, CHEAP)).toBe(
    hashHex('Cafe\u0301 fine, 15 letters', salt, CHEAP),
  )
})
