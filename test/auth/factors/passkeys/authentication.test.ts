import { beforeEach, describe, expect, test } from 'vitest'
import { toBase64Url, utf8 } from '../../../../src/base/encoding.ts'
import { passkeys } from '../../../../src/db/schema/factors.ts'
import { database, makeAdmin } from '../../../support/factories.ts'
import { bent, type Deviation, SoftwareAuthenticator } from '../../../support/factors/authenticator.ts'
import { cbor, joined } from '../../../support/factors/cbor.ts'
import {
  counts,
  makePasskey,
  ORIGIN,
  ruleBroken,
  type StoredPasskey,
  used,
} from '../../../support/factors/ceremonies.ts'
import { type Algorithm, EDDSA, ES256, makeKey, RS256 } from '../../../support/factors/keys.ts'

let adminId: number
let authenticator: SoftwareAuthenticator
let passkey: StoredPasskey

beforeEach(async () => {
  adminId = (await makeAdmin()).adminId
  authenticator = await SoftwareAuthenticator.make(ORIGIN)
  passkey = await makePasskey(authenticator, adminId)
})

/** Uses a passkey as the service does: what verified counts once its row was written. */
const login = async (deviation: Deviation = {}, known: StoredPasskey = passkey): Promise<boolean> =>
  counts(await used(authenticator, known, deviation))

const stored = async () => (await database().select().from(passkeys))[0]

describe('a passkey is used', () => {
  const KINDS: { name: string; algorithm: Algorithm }[] = [
    { name: 'ES256', algorithm: ES256 },
    { name: 'EdDSA', algorithm: EDDSA },
    { name: 'RS256', algorithm: RS256 },
  ]

  test.each(KINDS)('of $name', async ({ algorithm }) => {
    const other = await SoftwareAuthenticator.make(ORIGIN, algorithm)
    const known = await makePasskey(other, adminId)
    expect(await used(other, known)).toEqual({ passkeyId: known.id, adminId, counter: 0, backedUp: false })
    const forged: Deviation = { key: await makeKey(algorithm) }
    expect(await ruleBroken(used(other, known, forged))).toBe('signature')
    expect(await ruleBroken(used(other, known, { signature: bent }))).toBe('signature')
  })

  test('many times with ES256, whose signatures differ in length', async () => {
    const lengths = new Set<number>()
    for (let i = 0; i < 300; i++) {
      const noted = (bytes: Uint8Array<ArrayBuffer>) => {
        lengths.add(bytes.length)
        return bytes
      }
      expect.soft(await ruleBroken(used(authenticator, passkey, { signature: noted }))).toBeUndefined()
    }
    expect(lengths.size).toBeGreaterThan(2)
  })

  const KEPT: { name: string; deviation: Deviation }[] = [
    {
      name: 'with extensions',
      deviation: {
        set: ['extensions'],
        authenticatorData: (bytes) => joined(bytes, cbor(new Map([['x', true]]))),
      },
    },
    { name: 'with the raw id left out', deviation: { json: { rawId: undefined } } },
    { name: 'with no word of frames', deviation: { clientData: { crossOrigin: undefined } } },
  ]

  test.each(KEPT)('$name', async ({ deviation }) => {
    expect(await login(deviation)).toBe(true)
  })

  test('that came to be kept elsewhere too', async () => {
    const synced = await SoftwareAuthenticator.make(ORIGIN)
    await database().delete(passkeys)
    await makePasskey(synced, adminId)
    await database().update(passkeys).set({ backupEligible: true })
    const use = await used(synced, await stored(), { set: ['backupEligible', 'backedUp'] })
    expect(await counts(use)).toBe(true)
    expect(await stored()).toMatchObject({ backedUp: true, lastUsedAt: expect.any(Number) })
  })
})

const BROKEN: { name: string; rule: string; deviation: Deviation }[] = [
  {
    name: 'client data of a registration',
    rule: 'type',
    deviation: { clientData: { type: 'webauthn.create' } },
  },
  { name: 'another challenge', rule: 'challenge', deviation: { clientData: { challenge: 'AAAA' } } },
  { name: 'no challenge', rule: 'malformed', deviation: { clientData: { challenge: undefined } } },
  {
    name: 'another origin',
    rule: 'origin',
    deviation: { clientData: { origin: 'https://evil.example.com' } },
  },
  {
    name: 'a page in a frame of another origin',
    rule: 'cross_origin',
    deviation: { clientData: { crossOrigin: true } },
  },
  {
    name: 'a page with another one at the top',
    rule: 'cross_origin',
    deviation: { clientData: { topOrigin: ORIGIN } },
  },
  { name: 'the RP id of a domain above', rule: 'rp_id', deviation: { rpId: 'example.com' } },
  { name: 'the RP id of a domain below', rule: 'rp_id', deviation: { rpId: 'x.steward.example.com' } },
  { name: 'nobody there', rule: 'user_present', deviation: { clear: ['userPresent'] } },
  { name: 'nobody verified', rule: 'user_verified', deviation: { clear: ['userVerified'] } },
  { name: 'a copy of what cannot be copied', rule: 'backup', deviation: { set: ['backedUp'] } },
  { name: 'another kind of passkey than was made', rule: 'backup', deviation: { set: ['backupEligible'] } },
  { name: 'two ids', rule: 'credential_id', deviation: { json: { rawId: 'AAAA' } } },
  { name: 'another id', rule: 'credential_id', deviation: { json: { id: 'AAAA', rawId: 'AAAA' } } },
  {
    name: 'the user handle of another account',
    rule: 'user_handle',
    deviation: { response: { userHandle: toBase64Url(utf8('staff_x')) } },
  },
  { name: 'no user handle', rule: 'user_handle', deviation: { response: { userHandle: null } } },
  {
    name: 'authenticator data with more behind it',
    rule: 'malformed',
    deviation: { authenticatorData: (bytes) => joined(bytes, Uint8Array.of(0)) },
  },
  {
    name: 'authenticator data that is cut off',
    rule: 'malformed',
    deviation: { authenticatorData: (bytes) => bytes.slice(0, 36) },
  },
]

describe('a passkey is not used with', () => {
  test.each(BROKEN)('$name', async ({ rule, deviation }) => {
    expect(await ruleBroken(login(deviation))).toBe(rule)
    expect(await stored()).toMatchObject({ counter: 0, lastUsedAt: null })
    expect(await login()).toBe(true)
  })

  test('a name that nobody stored', async () => {
    expect(await ruleBroken(used(authenticator, undefined))).toBe('credential_id')
  })
})
