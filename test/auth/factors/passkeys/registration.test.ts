import { beforeEach, describe, expect, test } from 'vitest'
import { makeAdmin } from '../../../support/factories.ts'
import { type Deviation, SoftwareAuthenticator } from '../../../support/factors/authenticator.ts'
import { cbor, joined } from '../../../support/factors/cbor.ts'
import { type Broken, enrolled, expectRefused, ORIGIN } from '../../../support/factors/ceremonies.ts'
import { type Algorithm, EDDSA, ES256, RS256 } from '../../../support/factors/keys.ts'

let adminId: number

beforeEach(async () => {
  adminId = (await makeAdmin()).adminId
})

const KINDS: { name: string; algorithm: Algorithm }[] = [
  { name: 'ES256', algorithm: ES256 },
  { name: 'EdDSA', algorithm: EDDSA },
  { name: 'RS256', algorithm: RS256 },
]

describe('a passkey is made', () => {
  test.each(KINDS)('of $name', async ({ algorithm }) => {
    const authenticator = await SoftwareAuthenticator.make(ORIGIN, algorithm)
    const made = await enrolled(authenticator, adminId)
    expect(made).toMatchObject({ algorithm, counter: 0, transports: ['internal', 'hybrid'] })
    expect(made).toMatchObject({ backupEligible: false, backedUp: false })
    const self = await enrolled(authenticator, adminId, { attestation: 'self' })
    expect(self.publicKey).toBe(made.publicKey)
  })

  const KEPT: { name: string; deviation: Deviation; expected?: object }[] = [
    {
      name: 'that is kept in a cloud',
      deviation: { set: ['backupEligible', 'backedUp'] },
      expected: { backupEligible: true, backedUp: true },
    },
    {
      name: 'that may be kept in a cloud',
      deviation: { set: ['backupEligible'] },
      expected: { backupEligible: true, backedUp: false },
    },
    { name: 'that counts', deviation: { counter: 4_294_967_295 }, expected: { counter: 4_294_967_295 } },
    {
      name: 'with the longest id',
      deviation: { signedId: new Uint8Array(1023), json: { id: 'A'.repeat(1364), rawId: 'A'.repeat(1364) } },
    },
    {
      name: 'with extensions',
      deviation: {
        set: ['extensions'],
        authenticatorData: (bytes) => joined(bytes, cbor(new Map([['credProtect', 2]]))),
      },
    },
    { name: 'with no word of frames', deviation: { clientData: { crossOrigin: undefined } } },
    {
      name: 'with members of a later version',
      deviation: {
        clientData: { other_keys_can_be_added_here: 'x' },
        json: { more: 1 },
        response: { more: {} },
      },
    },
    {
      name: 'without transports',
      deviation: { response: { transports: undefined } },
      expected: { transports: [] },
    },
  ]

  test.each(KEPT)('$name', async ({ deviation, expected = {} }) => {
    const authenticator = await SoftwareAuthenticator.make(ORIGIN)
    expect(await enrolled(authenticator, adminId, deviation)).toMatchObject(expected)
  })
})

const BROKEN: Broken[] = [
  { name: 'client data of a login', rule: 'type', deviation: { clientData: { type: 'webauthn.get' } } },
  {
    name: 'client data that is no JSON',
    rule: 'malformed',
    deviation: { clientDataBytes: (bytes) => bytes.slice(1) },
  },
  { name: 'another challenge', rule: 'challenge', deviation: { clientData: { challenge: 'AAAA' } } },
  {
    name: 'another origin',
    rule: 'origin',
    deviation: { clientData: { origin: 'https://evil.example.com' } },
  },
  {
    name: 'an origin of another scheme',
    rule: 'origin',
    deviation: { clientData: { origin: 'http://steward.example.com' } },
  },
  {
    name: 'an origin of another port',
    rule: 'origin',
    deviation: { clientData: { origin: `${ORIGIN}:8443` } },
  },
  {
    name: 'an origin below',
    rule: 'origin',
    deviation: { clientData: { origin: 'https://x.steward.example.com' } },
  },
  {
    name: 'a page in a frame of another origin',
    rule: 'cross_origin',
    deviation: { clientData: { crossOrigin: true } },
  },
  {
    name: 'a page with another one at the top',
    rule: 'cross_origin',
    deviation: { clientData: { topOrigin: 'https://evil.example.com' } },
  },
  { name: 'the RP id of a domain above', rule: 'rp_id', deviation: { rpId: 'example.com' } },
  { name: 'the RP id of a domain below', rule: 'rp_id', deviation: { rpId: 'x.steward.example.com' } },
  { name: 'nobody there', rule: 'user_present', deviation: { clear: ['userPresent'] } },
  { name: 'nobody verified', rule: 'user_verified', deviation: { clear: ['userVerified'] } },
  { name: 'a copy of what cannot be copied', rule: 'backup', deviation: { set: ['backedUp'] } },
  {
    name: 'no credential',
    rule: 'credential_id',
    deviation: { clear: ['attested'], authenticatorData: (bytes) => bytes.slice(0, 37) },
  },
  {
    name: 'the id of another credential',
    rule: 'credential_id',
    deviation: { signedId: new Uint8Array(32) },
  },
  { name: 'two ids', rule: 'credential_id', deviation: { json: { rawId: 'AAAA' } } },
  { name: 'an empty id', rule: 'credential_id', deviation: { signedId: new Uint8Array(0) } },
  {
    name: 'an id of more than 1023 bytes',
    rule: 'credential_id',
    deviation: { signedId: new Uint8Array(1024), json: { id: 'A'.repeat(1364), rawId: 'A'.repeat(1364) } },
  },
]

describe('a passkey is not made of', () => {
  test.each(BROKEN)('$name', ({ rule, ...broken }) => expectRefused(rule, broken))
})
