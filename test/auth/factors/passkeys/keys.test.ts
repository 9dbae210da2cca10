import { describe, test } from 'vitest'
import { bent } from '../../../support/factors/authenticator.ts'
import { joined } from '../../../support/factors/cbor.ts'
import { type Broken, expectRefused } from '../../../support/factors/ceremonies.ts'
import { EDDSA, ES256, makeKey, RS256 } from '../../../support/factors/keys.ts'

const BROKEN: Broken[] = [
  { name: 'the key type of another algorithm', rule: 'public_key', deviation: { cose: [[1, 1]] } },
  {
    name: 'another key type with EdDSA',
    rule: 'public_key',
    algorithm: EDDSA,
    deviation: { cose: [[1, 2]] },
  },
  {
    name: 'another key type with RS256',
    rule: 'public_key',
    algorithm: RS256,
    deviation: { cose: [[1, 2]] },
  },
  { name: 'an algorithm that was not asked for', rule: 'algorithm', deviation: { cose: [[3, -35]] } },
  { name: 'an algorithm that is text', rule: 'algorithm', deviation: { cose: [[3, '-7']] } },
  { name: 'the algorithm of another kind of key', rule: 'public_key', deviation: { cose: [[3, EDDSA]] } },
  { name: 'another curve', rule: 'public_key', deviation: { cose: [[-1, 2]] } },
  { name: 'a compressed point', rule: 'public_key', deviation: { cose: [[-3, true]] } },
  {
    name: 'a point that is not on the curve',
    rule: 'public_key',
    deviation: { cose: [[-2, new Uint8Array(32).fill(1)]] },
  },
  {
    name: 'a coordinate that is too short',
    rule: 'public_key',
    deviation: { cose: [[-2, new Uint8Array(31).fill(1)]] },
  },
  { name: 'another curve of EdDSA', rule: 'public_key', algorithm: EDDSA, deviation: { cose: [[-1, 7]] } },
  {
    name: 'an RSA key of 1024 bits',
    rule: 'public_key',
    algorithm: RS256,
    deviation: async () => ({ cose: [...(await makeKey(RS256, 1024)).cose] }),
  },
  {
    name: 'an RSA key of more than 4096 bits',
    rule: 'public_key',
    algorithm: RS256,
    deviation: { cose: [[-1, new Uint8Array(513).fill(255)]] },
  },
  {
    name: 'an RSA key that begins with zeros',
    rule: 'public_key',
    algorithm: RS256,
    deviation: { cose: [[-1, joined(new Uint8Array(200), new Uint8Array(56).fill(255))]] },
  },
  {
    name: 'an RSA key with another exponent of the same length',
    rule: 'public_key',
    algorithm: RS256,
    deviation: { cose: [[-2, Uint8Array.of(1, 0, 3)]] },
  },
  {
    name: 'an RSA key with the exponent 3',
    rule: 'public_key',
    algorithm: RS256,
    deviation: { cose: [[-2, Uint8Array.of(3)]] },
  },
  {
    name: 'a format of attestation that was not asked for',
    rule: 'attestation',
    deviation: { attestation: { fmt: 'fido-u2f', attStmt: new Map() } },
  },
  {
    name: 'a statement where there is none',
    rule: 'attestation',
    deviation: { attestation: { fmt: 'none', attStmt: new Map([['alg', -7]]) } },
  },
  {
    name: 'a statement with certificates',
    rule: 'attestation',
    deviation: { attestation: 'self', statement: [['x5c', [new Uint8Array(9)]]] },
  },
  {
    name: 'a statement by another algorithm',
    rule: 'attestation',
    deviation: { attestation: 'self', statement: [['alg', EDDSA]] },
  },
  {
    name: 'a statement by another key',
    rule: 'signature',
    deviation: async () => ({ attestation: 'self', key: await makeKey(ES256) }),
  },
  {
    name: 'a statement whose signature is bent',
    rule: 'signature',
    deviation: { attestation: 'self', signature: bent },
  },
]

describe('a passkey is not made with', () => {
  test.each(BROKEN)('$name', ({ rule, ...broken }) => expectRefused(rule, broken))
})
