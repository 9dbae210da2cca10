import { describe, test } from 'vitest'
import { cbor, joined } from '../../../support/factors/cbor.ts'
import { type Broken, expectRefused } from '../../../support/factors/ceremonies.ts'

const BROKEN: Broken[] = [
  {
    name: 'authenticator data with more behind it',
    rule: 'malformed',
    deviation: { authenticatorData: (bytes) => joined(bytes, Uint8Array.of(0)) },
  },
  {
    name: 'authenticator data that is cut off',
    rule: 'malformed',
    deviation: { authenticatorData: (bytes) => bytes.slice(0, -1) },
  },
  {
    name: 'authenticator data that ends before its counter',
    rule: 'malformed',
    deviation: { authenticatorData: (bytes) => bytes.slice(0, 36) },
  },
  {
    name: 'authenticator data that ends within the id',
    rule: 'malformed',
    deviation: { authenticatorData: (bytes) => bytes.slice(0, 60) },
  },
  { name: 'extensions that are not there', rule: 'malformed', deviation: { set: ['extensions'] } },
  {
    name: 'extensions that are no map',
    rule: 'malformed',
    deviation: { set: ['extensions'], authenticatorData: (bytes) => joined(bytes, Uint8Array.of(0)) },
  },
  {
    name: 'a key that names a member twice',
    rule: 'malformed',
    deviation: { authenticatorData: (bytes) => twiceNamed(bytes) },
  },
  {
    name: 'an attestation with more behind it',
    rule: 'malformed',
    deviation: { attestationObject: (bytes) => joined(bytes, Uint8Array.of(0)) },
  },
  {
    name: 'an attestation that is cut off',
    rule: 'malformed',
    deviation: { attestationObject: (bytes) => bytes.slice(0, -1) },
  },
  {
    name: 'an attestation that is no map',
    rule: 'malformed',
    deviation: { attestationObject: () => cbor(['none']) },
  },
  {
    name: 'an attestation that nests',
    rule: 'malformed',
    deviation: { attestationObject: () => nested(3_800) },
  },
  {
    name: 'an attestation with a list of 4 billion items',
    rule: 'malformed',
    deviation: { attestationObject: () => Uint8Array.of(0x9a, 255, 255, 255, 255, 0) },
  },
  {
    name: 'base64url that stands for nothing',
    rule: 'malformed',
    deviation: { response: { attestationObject: 'A' } },
  },
]

const nested = (depth: number) => joined(new Uint8Array(depth).fill(0x81), Uint8Array.of(0))

/** The first member of the key under the label of its second one. */
const twiceNamed = (bytes: Uint8Array<ArrayBuffer>) =>
  bytes.map((byte, at) => (at === 37 + 16 + 2 + 32 + 1 ? 3 : byte))

describe('a passkey is not made of', () => {
  test.each(BROKEN)('$name', ({ rule, ...broken }) => expectRefused(rule, broken))
})
