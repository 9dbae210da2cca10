import { env } from 'cloudflare:workers'
import { createHmac } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { getAdmin } from '../../../src/admin/accounts/accounts.service.ts'
import type { SessionHolder } from '../../../src/auth/callers/session.ts'
import { newLoginToken } from '../../../src/auth/factors/login-tokens.ts'
import { type ChallengeFor, newChallenge } from '../../../src/auth/factors/passkeys/challenges.ts'
import { creationOptions, requestOptions, userHandleOf } from '../../../src/auth/factors/passkeys/options.ts'
import { relyingPartyOf } from '../../../src/auth/factors/passkeys/relying-party.ts'
import { newRecoveryCodes } from '../../../src/auth/factors/recovery-codes.ts'
import { newTotpSecret } from '../../../src/auth/factors/totp.ts'
import type { Role } from '../../../src/auth/permissions.ts'
import { sha256Hex } from '../../../src/crypto/digest.ts'
import { loginTokens, recoveryCodes, totpSecrets } from '../../../src/db/schema/factors.ts'
import { adminSessions } from '../../../src/db/schema/staff.ts'
import { storesIn } from '../../../src/http/stores.ts'
import { settingsOf } from '../../../src/settings.ts'
import { database, makeAdmin } from '../factories.ts'
import { SoftwareAuthenticator } from './authenticator.ts'
import { makePasskey } from './ceremonies.ts'

const STEP_MS = 30_000
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The code of an authenticator app at a time, by other means than the service's own: RFC 6238 and RFC 4226. */
export function totpCode(secret: string, now = Date.now()): string {
  const bits = [...secret].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
  const counter = new DataView(new ArrayBuffer(8))
  counter.setBigUint64(0, BigInt(Math.floor(now / STEP_MS)))
  const mac = createHmac('sha1', key).update(new Uint8Array(counter.buffer)).digest()
  const offset = (mac.at(-1) ?? 0) & 15
  return `${(mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000}`.padStart(6, '0')
}

/** Gives an account an authenticator app. Returns its secret. */
export async function makeTotp(adminId: number): Promise<string> {
  const { secret, sealedSecret } = await newTotpSecret(storesIn(env).sealingKeys, adminId)
  await database().insert(totpSecrets).values({ adminId, sealedSecret, confirmedAt: 1 })
  return secret
}

/** Lets an account set up an authenticator app, which no code has confirmed yet. Returns its secret. */
export async function makePendingTotp(adminId: number): Promise<string> {
  const { secret, sealedSecret } = await newTotpSecret(storesIn(env).sealingKeys, adminId)
  const pending = { pendingSealedSecret: sealedSecret, pendingExpiresAt: Date.now() + 60_000 }
  await database()
    .insert(totpSecrets)
    .values({ adminId, ...pending })
    .onConflictDoUpdate({ target: totpSecrets.adminId, set: pending })
  return secret
}

/** Gives an account recovery codes. */
export async function makeRecoveryCodes(adminId: number): Promise<string[]> {
  const { codes, rows } = newRecoveryCodes(adminId, Date.now())
  await database().insert(recoveryCodes).values(rows)
  return codes
}

/** An admin who has each factor. */
export async function makeAdminWithFactors(role: Role = 'super_admin', hash?: string) {
  const admin = await makeAdmin(role, undefined, hash)
  return { ...admin, ...(await makeFactors(admin.adminId)) }
}

/** Gives an account a passkey, an authenticator app and recovery codes. */
export async function makeFactors(adminId: number) {
  const authenticator = await makeAuthenticator()
  await makePasskey(authenticator, adminId, settingsOf(env).publicUrl)
  return { authenticator, secret: await makeTotp(adminId), codes: await makeRecoveryCodes(adminId) }
}

const relyingParty = () => relyingPartyOf(settingsOf(env))

/** A new authenticator, in a browser on a page of this deployment. */
export const makeAuthenticator = () => SoftwareAuthenticator.make(relyingParty().origin)

/** Stores a challenge and returns it. */
async function storedChallenge(what: ChallengeFor): Promise<string> {
  const { challenge, stored } = newChallenge(database(), what, Date.now())
  await stored
  return challenge
}

/** What an authenticator answers to a challenge that was given for this. */
export const answerTo = async (authenticator: SoftwareAuthenticator, what: ChallengeFor) =>
  authenticator.get(requestOptions(relyingParty(), await storedChallenge(what)))

/** The passkey that a new authenticator makes in a session. */
export async function registrationIn(token: string) {
  const [session] = await database()
    .select()
    .from(adminSessions)
    .where(eq(adminSessions.tokenHash, sha256Hex(token)))
  if (!session) throw new Error('there is no such session')
  const { id: boundTo, adminId } = session
  const challenge = await storedChallenge({ purpose: 'register', adminId, boundTo })
  const user = { email: 'ada@example.com', userHandle: await userHandleOf(storesIn(env), adminId) }
  return (await makeAuthenticator()).create(creationOptions(relyingParty(), challenge, user, []))
}

/** The token of a login of an admin whose password was right. */
export async function makeLoginToken(adminId: number, holder: SessionHolder = 'client'): Promise<string> {
  const account = await getAdmin(database(), `${adminId}`)
  const { token, row } = newLoginToken(account, holder, Date.now())
  await database().insert(loginTokens).values(row)
  return token
}
