import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import {
  type PasskeyUse,
  passkeyUse,
  verifyAuthentication,
} from '../../../src/auth/factors/passkeys/authentication.ts'
import {
  type ChallengeFor,
  newChallenge,
  takeChallenge,
} from '../../../src/auth/factors/passkeys/challenges.ts'
import { authenticationResponse, registrationResponse } from '../../../src/auth/factors/passkeys/json.ts'
import { creationOptions, requestOptions, userHandleOf } from '../../../src/auth/factors/passkeys/options.ts'
import { PasskeyRefused, type PasskeyRule } from '../../../src/auth/factors/passkeys/refused.ts'
import { verifyRegistration } from '../../../src/auth/factors/passkeys/registration.ts'
import { relyingPartyOf } from '../../../src/auth/factors/passkeys/relying-party.ts'
import { inOneTrip } from '../../../src/db/batch.ts'
import { onlyIf, unlessUnmet } from '../../../src/db/condition.ts'
import { passkeys } from '../../../src/db/schema/factors.ts'
import { storesIn } from '../../../src/http/stores.ts'
import { database, makeAdmin } from '../factories.ts'
import { type Deviation, SoftwareAuthenticator } from './authenticator.ts'
import type { Algorithm } from './keys.ts'

export const ORIGIN = 'https://steward.example.com'

export const at = (publicUrl: string) => relyingPartyOf({ publicUrl, productName: 'Steward' })

/** Circumstances of a ceremony, where they are not the usual ones. */
interface Circumstances {
  publicUrl?: string
  /** What the challenge is for, and what its answer is sent for. */
  asked?: ChallengeFor
  sent?: ChallengeFor
  /** How long the answer takes. */
  after?: number
}

/** Has an authenticator make a passkey for an admin, and verifies what it answers. */
export async function enrolled(
  authenticator: SoftwareAuthenticator,
  adminId: number,
  deviation: Deviation = {},
  { publicUrl = ORIGIN, asked, sent, after = 0 }: Circumstances = {},
) {
  const [db, now, relyingParty] = [database(), Date.now(), at(publicUrl)]
  const usual = { purpose: 'register' as const, adminId, boundTo: 'ses_1' }
  const { challenge, stored } = newChallenge(db, asked ?? usual, now)
  await stored
  const userHandle = await userHandleOf(storesIn(env), adminId)
  const options = creationOptions(relyingParty, challenge, { email: 'ada@example.com', userHandle }, [])
  const credential = registrationResponse().parse(await authenticator.create(options, deviation))
  const taken = await takeChallenge(db, sent ?? usual, credential, now + after)
  const made = await verifyRegistration(relyingParty, taken, credential)
  return { ...made, adminId, userHandle, name: 'A phone', createdAt: now }
}

/** A passkey of an admin, stored. */
export async function makePasskey(authenticator: SoftwareAuthenticator, adminId: number, publicUrl = ORIGIN) {
  const row = await enrolled(authenticator, adminId, {}, { publicUrl })
  const [stored] = await database().insert(passkeys).values(row).returning()
  if (!stored) throw new Error('the passkey was not stored')
  return stored
}

export type StoredPasskey = typeof passkeys.$inferSelect

/** Has an authenticator answer a challenge, and verifies the answer with a passkey. */
export async function used(
  authenticator: SoftwareAuthenticator,
  passkey: StoredPasskey | undefined,
  deviation: Deviation = {},
  { publicUrl = ORIGIN, asked = { purpose: 'login' }, sent = asked, after = 0 }: Circumstances = {},
) {
  const [db, now, relyingParty] = [database(), Date.now(), at(publicUrl)]
  const { challenge, stored } = newChallenge(db, asked, now)
  await stored
  const answer = await authenticator.get(requestOptions(relyingParty, challenge), deviation)
  const credential = authenticationResponse().parse(answer)
  const taken = await takeChallenge(db, sent, credential, now + after)
  return verifyAuthentication(relyingParty, taken, credential, passkey)
}

/** Has a use count, if it can. Returns whether it did. */
export async function counts(use: PasskeyUse): Promise<boolean> {
  const db = database()
  const { condition, statements } = passkeyUse(db, use, Date.now())
  return (await unlessUnmet(inOneTrip(db, { only: onlyIf(db, condition), ...statements }))) !== undefined
}

/** The rule that a ceremony broke; undefined if it was none. */
export async function ruleBroken(ceremony: Promise<unknown>): Promise<string | undefined> {
  try {
    await ceremony
    return undefined
  } catch (error) {
    if (error instanceof PasskeyRefused) return error.rule
    throw error
  }
}

/** A registration that breaks one rule. */
export interface Broken {
  name: string
  rule: PasskeyRule
  deviation: Deviation | (() => Promise<Deviation>)
  algorithm?: Algorithm
}

/** Expects that a registration is refused for a rule, and goes through without what breaks it. */
export async function expectRefused(
  rule: PasskeyRule,
  { deviation, algorithm }: Omit<Broken, 'name' | 'rule'>,
) {
  const { adminId } = await makeAdmin()
  const authenticator = await SoftwareAuthenticator.make(ORIGIN, algorithm)
  const deviating = typeof deviation === 'function' ? await deviation() : deviation
  expect(await ruleBroken(enrolled(authenticator, adminId, deviating))).toBe(rule)
  expect(await ruleBroken(enrolled(authenticator, adminId))).toBeUndefined()
}
