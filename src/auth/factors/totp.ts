import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { and, eq, exists, lt } from 'drizzle-orm'
// Without the hash functions that no app uses, which would be 5 KiB of the Worker.
import { Secret, TOTP } from 'otpauth/bare'
import type { SealingKeys } from '../../crypto/sealed-secret.ts'
import type { Database } from '../../db/client.ts'
import { totpSecrets } from '../../db/schema/factors.ts'
import type { FactorUse } from './factor-use.ts'

/** RFC 6238 as the apps of all vendors have it, and 160 bits of RFC 4226, section 4, R6. */
const PARAMETERS = {
  algorithm: 'SHA1',
  digits: 6,
  period: 30,
  hmac: (_algorithm: string, key: Uint8Array, message: Uint8Array) => hmac(sha1, key, message),
} as const
const SECRET_BYTES = 20

/** RFC 6238, section 5.2: one time step for the delay of people and networks, and one for clocks. */
const WINDOW = 1

type TotpRow = typeof totpSecrets.$inferSelect

/** Whose secret it is, to the keys that seal it. */
const sealedFor = (adminId: number) => `totp:${adminId}`

/** Returns a new secret of an authenticator app, in base32, and sealed for its row. */
export async function newTotpSecret(sealingKeys: SealingKeys, adminId: number) {
  const secret = new Secret({ size: SECRET_BYTES }).base32
  return { secret, sealedSecret: await sealingKeys.seal(secret, sealedFor(adminId)) }
}

/** Returns what the QR code of a secret says (https://github.com/google/google-authenticator/wiki/Key-Uri-Format). */
export const otpauthUrl = (secret: string, email: string, issuer: string) =>
  new TOTP({ ...PARAMETERS, issuer, label: email, secret }).toString()

/** Returns the time step that a code was made in, if it is one of now, or a step off; else undefined. */
export async function stepOfCode(
  sealingKeys: SealingKeys,
  { adminId, sealedSecret }: { adminId: number; sealedSecret: string },
  code: string,
  now: number,
): Promise<number | undefined> {
  const secret = await sealingKeys.open(sealedSecret, sealedFor(adminId))
  const token = code.replaceAll(/\s/g, '')
  const totp = new TOTP({ ...PARAMETERS, secret })
  const delta = totp.validate({ token, timestamp: now, window: WINDOW })
  return delta === null ? undefined : totp.counter({ timestamp: now }) + delta
}

/**
 * Returns the use of a code, which D1 lets happen once: neither it nor one before it is good again. Undefined if it is
 * no code of now.
 */
export async function useOfCode(
  { db, sealingKeys }: { db: Database; sealingKeys: SealingKeys },
  row: TotpRow | undefined,
  code: string,
  now: number,
): Promise<FactorUse | undefined> {
  if (!row?.sealedSecret) return undefined
  const { adminId, sealedSecret } = row
  const step = await stepOfCode(sealingKeys, { adminId, sealedSecret }, code, now)
  if (step === undefined) return undefined
  const unused = and(
    eq(totpSecrets.adminId, adminId),
    eq(totpSecrets.sealedSecret, sealedSecret),
    lt(totpSecrets.lastStep, step),
  )
  return {
    factor: 'totp',
    condition: exists(db.select({ adminId: totpSecrets.adminId }).from(totpSecrets).where(unused)),
    statements: { totp: db.update(totpSecrets).set({ lastStep: step }).where(unused) },
  }
}
