import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { creationOptionsObject, requestOptionsObject } from '../../../../src/auth/factors/passkeys/json.ts'
import {
  creationOptions,
  requestOptions,
  userHandleOf,
} from '../../../../src/auth/factors/passkeys/options.ts'
import { fromBase64Url, fromUtf8 } from '../../../../src/base/encoding.ts'
import { storesIn } from '../../../../src/http/stores.ts'
import { makeAdmin } from '../../../support/factories.ts'
import { SoftwareAuthenticator } from '../../../support/factors/authenticator.ts'
import {
  at,
  enrolled,
  makePasskey,
  ORIGIN,
  ruleBroken,
  type StoredPasskey,
} from '../../../support/factors/ceremonies.ts'

let adminId: number
let other: number
let passkey: StoredPasskey

beforeEach(async () => {
  adminId = (await makeAdmin()).adminId
  other = (await makeAdmin()).adminId
  passkey = await makePasskey(await SoftwareAuthenticator.make(ORIGIN), adminId)
})

describe('options', () => {
  test('for a login are the same for everybody but for the challenge', () => {
    expect(requestOptions(at(ORIGIN), 'AAAA')).toEqual({
      challenge: 'AAAA',
      timeout: 300_000,
      rpId: 'steward.example.com',
      allowCredentials: [],
      userVerification: 'required',
    })
  })

  test('name the passkeys of an account that is known', () => {
    const { allowCredentials } = requestOptions(at(ORIGIN), 'AAAA', [passkey])
    expect(allowCredentials).toEqual([{ type: 'public-key', id: passkey.id, transports: passkey.transports }])
  })

  test('for a registration ask for what is kept, verified and of a known kind', async () => {
    const userHandle = await userHandleOf(storesIn(env), adminId)
    const user = { email: 'ada@example.com', userHandle }
    expect(creationOptions(at(ORIGIN), 'AAAA', user, [passkey])).toMatchObject({
      rp: { id: 'steward.example.com', name: 'Steward' },
      user: { id: userHandle, name: 'ada@example.com', displayName: 'ada@example.com' },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: [{ type: 'public-key', id: passkey.id }],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      attestation: 'none',
    })
  })

  test('are as they are described', () => {
    const challenge = 'A'.repeat(43)
    const user = { email: 'ada@example.com', userHandle: passkey.userHandle }
    const creation = creationOptions(at(ORIGIN), challenge, user, [passkey])
    expect(creationOptionsObject().parse(creation)).toEqual(creation)
    const request = requestOptions(at(ORIGIN), challenge, [passkey])
    expect(requestOptionsObject().parse(request)).toEqual(request)
  })

  test('call an account by something that does not tell who it is', async () => {
    const handles = await Promise.all([adminId, adminId, other].map((id) => userHandleOf(storesIn(env), id)))
    expect(handles[0]).toBe(handles[1])
    expect(handles[0]).not.toBe(handles[2])
    expect(fromUtf8(fromBase64Url(handles[0] ?? '') ?? new Uint8Array())).toMatch(/^staff_[\w-]{22}$/)
  })
})

describe('the origin is that of PUBLIC_URL', () => {
  const PLACES = [
    {
      name: 'http on localhost',
      publicUrl: 'http://localhost:8787',
      origin: 'http://localhost:8787',
      rule: undefined,
    },
    {
      name: 'the default port',
      publicUrl: 'https://steward.example.com:443',
      origin: ORIGIN,
      rule: undefined,
    },
    {
      name: 'http where it has https',
      publicUrl: 'https://localhost:8787',
      origin: 'http://localhost:8787',
      rule: 'origin',
    },
    {
      name: 'another port',
      publicUrl: 'http://localhost:8787',
      origin: 'http://localhost:8788',
      rule: 'origin',
    },
    {
      name: 'localhost where it has a domain',
      publicUrl: ORIGIN,
      origin: 'http://localhost:8787',
      rule: 'origin',
    },
  ]

  test.each(PLACES)('$name', async ({ publicUrl, origin, rule }) => {
    const there = await SoftwareAuthenticator.make(origin)
    expect(await ruleBroken(enrolled(there, adminId, {}, { publicUrl }))).toBe(rule)
  })
})
