import { beforeEach, describe, expect, test } from 'vitest'
import {
  type ChallengeFor,
  newChallenge,
  purgeChallenges,
  takeChallenge,
} from '../../../../src/auth/factors/passkeys/challenges.ts'
import { fromBase64Url, toBase64Url, utf8 } from '../../../../src/base/encoding.ts'
import { factorChallenges } from '../../../../src/db/schema/factors.ts'
import { database, makeAdmin } from '../../../support/factories.ts'
import { SoftwareAuthenticator } from '../../../support/factors/authenticator.ts'
import {
  enrolled,
  makePasskey,
  ORIGIN,
  ruleBroken,
  type StoredPasskey,
  used,
} from '../../../support/factors/ceremonies.ts'

const MINUTE = 60_000

let adminId: number
let other: number
let authenticator: SoftwareAuthenticator
let passkey: StoredPasskey

beforeEach(async () => {
  adminId = (await makeAdmin()).adminId
  other = (await makeAdmin()).adminId
  authenticator = await SoftwareAuthenticator.make(ORIGIN)
  passkey = await makePasskey(authenticator, adminId)
})

const secondFactor = (boundTo = 'token_1', owner = adminId): ChallengeFor => ({
  purpose: 'second_factor',
  adminId: owner,
  boundTo,
})
const reauthentication = (boundTo = 'ses_1'): ChallengeFor => ({
  purpose: 'reauthenticate',
  adminId,
  boundTo,
})
const registration = (boundTo = 'ses_1', owner = adminId): ChallengeFor => ({
  purpose: 'register',
  adminId: owner,
  boundTo,
})
const LOGIN: ChallengeFor = { purpose: 'login' }

describe('an answer counts', () => {
  test('for what the challenge was made for', async () => {
    for (const asked of [LOGIN, secondFactor(), reauthentication()])
      expect.soft((await used(authenticator, passkey, {}, { asked })).adminId).toBe(adminId)
  })

  test('for an account that is known, without a user handle', async () => {
    const nameless = { response: { userHandle: undefined } }
    expect(
      await ruleBroken(used(authenticator, passkey, nameless, { asked: secondFactor() })),
    ).toBeUndefined()
  })

  test('until 5 minutes are over', async () => {
    expect(await ruleBroken(used(authenticator, passkey, {}, { after: 5 * MINUTE - 1 }))).toBeUndefined()
    expect(await ruleBroken(used(authenticator, passkey, {}, { after: 5 * MINUTE }))).toBe('challenge')
  })

  const ELSEWHERE = [
    { name: 'of a login for a second factor', asked: () => LOGIN, sent: () => secondFactor() },
    { name: 'of a second factor for a login', asked: () => secondFactor(), sent: () => LOGIN },
    { name: 'of another login', asked: () => secondFactor('token_2'), sent: () => secondFactor() },
    {
      name: 'of a second factor for a session',
      asked: () => secondFactor('x'),
      sent: () => reauthentication('x'),
    },
    { name: 'of another session', asked: () => reauthentication('ses_2'), sent: () => reauthentication() },
    { name: 'of a registration', asked: () => registration('x'), sent: () => reauthentication('x') },
    { name: 'of another account', asked: () => secondFactor('token_1', other), sent: () => secondFactor() },
  ]

  test.each(ELSEWHERE)('not where its challenge is one $name', async ({ asked, sent }) => {
    const moved = used(authenticator, passkey, {}, { asked: asked(), sent: sent() })
    expect(await ruleBroken(moved)).toBe('challenge')
  })

  test('not for another account than the one that is known', async () => {
    const asked = secondFactor('token_1', other)
    expect(await ruleBroken(used(authenticator, passkey, {}, { asked }))).toBe('owner')
  })

  const ENROLMENTS = [
    { name: 'another admin', asked: () => registration('ses_1', other) },
    { name: 'another session', asked: () => registration('ses_2') },
    { name: 'a login', asked: () => LOGIN },
  ]

  test.each(ENROLMENTS)('not as a registration where its challenge is for $name', async ({ asked }) => {
    const moved = enrolled(authenticator, adminId, {}, { asked: asked() })
    expect(await ruleBroken(moved)).toBe('challenge')
  })
})

describe('a challenge', () => {
  const answered = (challenge: string) => ({
    response: { clientDataJSON: toBase64Url(utf8(JSON.stringify({ type: '', origin: '', challenge }))) },
  })

  test('is taken once, of many at once too', async () => {
    const { challenge, stored } = newChallenge(database(), LOGIN, Date.now())
    await stored
    const taken = await Promise.all(
      Array.from({ length: 10 }, () => takeChallenge(database(), LOGIN, answered(challenge), Date.now())),
    )
    expect(taken.flat()).toHaveLength(1)
  })

  test('is not taken by what is for something else', async () => {
    const { challenge, stored } = newChallenge(database(), LOGIN, Date.now())
    await stored
    expect(await takeChallenge(database(), secondFactor(), answered(challenge), Date.now())).toEqual([])
    expect(await takeChallenge(database(), LOGIN, answered(challenge), Date.now())).toHaveLength(1)
  })

  const RUBBISH = [
    '',
    'A',
    '****',
    toBase64Url(utf8('null')),
    toBase64Url(Uint8Array.of(0xff)),
    toBase64Url(utf8('{"a":')),
  ]

  test.each(RUBBISH.map((clientDataJSON) => ({ clientDataJSON })))(
    'is not taken by "$clientDataJSON"',
    async ({ clientDataJSON }) => {
      await newChallenge(database(), LOGIN, Date.now()).stored
      expect(await takeChallenge(database(), LOGIN, { response: { clientDataJSON } }, Date.now())).toEqual([])
    },
  )

  test('is 256 bits, and stored as a hash until it is too old', async () => {
    const now = Date.now()
    const { challenge, stored } = newChallenge(database(), LOGIN, now)
    await stored
    expect(fromBase64Url(challenge)).toHaveLength(32)
    const rows = await database().select().from(factorChallenges)
    expect(JSON.stringify(rows)).not.toContain(challenge)
    await purgeChallenges(database(), now + 5 * MINUTE - 1)
    expect(await database().select().from(factorChallenges)).toHaveLength(1)
    await purgeChallenges(database(), now + 5 * MINUTE)
    expect(await database().select().from(factorChallenges)).toEqual([])
  })
})
