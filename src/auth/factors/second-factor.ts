import { eq } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { passkeys, totpSecrets } from '../../db/schema/factors.ts'
import type { Stores } from '../../http/stores.ts'
import { logFailure } from '../../log.ts'
import type { FactorUse } from './factor-use.ts'
import { passkeyUse, verifyAuthentication } from './passkeys/authentication.ts'
import { type ChallengeFor, takeChallenge } from './passkeys/challenges.ts'
import type { AuthenticationResponse } from './passkeys/json.ts'
import { PasskeyRefused, type PasskeyRule } from './passkeys/refused.ts'
import { relyingPartyOf } from './passkeys/relying-party.ts'
import { useOfRecoveryCode } from './recovery-codes.ts'
import { useOfCode } from './totp.ts'

/** What somebody proves a second factor by: one of these. */
export interface GivenFactor {
  passkey?: AuthenticationResponse | undefined
  totp?: string | undefined
  recoveryCode?: string | undefined
}

/** What is no answer of a passkey, and takes no challenge. */
const NO_PASSKEY = { id: '', response: { clientDataJSON: '' } }

/**
 * Returns the queries for what a factor is compared with. The challenge that a passkey answers is taken by them: it is
 * good for one answer, whatever comes of it.
 */
export const queriesFor = (
  db: Database,
  adminId: number,
  { passkey }: GivenFactor,
  challenge: ChallengeFor,
  now: number,
) => ({
  secrets: db.select().from(totpSecrets).where(eq(totpSecrets.adminId, adminId)),
  ...queriesForPasskey(db, passkey ?? NO_PASSKEY, challenge, now),
})

/** Returns those queries for a passkey, whoever's it is. */
export const queriesForPasskey = (
  db: Database,
  credential: typeof NO_PASSKEY,
  challenge: ChallengeFor,
  now: number,
) => ({
  known: db.select().from(passkeys).where(eq(passkeys.id, credential.id)),
  taken: takeChallenge(db, challenge, credential, now),
})

/** What those queries found. */
interface FoundPasskey {
  known: (typeof passkeys.$inferSelect)[]
  taken: Parameters<typeof verifyAuthentication>[1]
}
type Found = FoundPasskey & { secrets: (typeof totpSecrets.$inferSelect)[] }

/** What comparing a factor came to: its use, none if it is wrong, and of a passkey the rule that it broke. */
interface Comparison {
  use?: FactorUse | undefined
  /** For the log alone (see passkeys/refused.ts). */
  because?: PasskeyRule
}

/** Compares a factor with what is stored. */
export async function useOf(
  stores: Pick<Stores, 'db' | 'sealingKeys' | 'settings'>,
  adminId: number,
  given: GivenFactor,
  found: Found,
  now: number,
): Promise<Comparison> {
  const { passkey, totp, recoveryCode } = given
  if (passkey !== undefined) return useOfPasskey(stores, passkey, found, now)
  if (totp !== undefined) return { use: await useOfCode(stores, found.secrets[0], totp, now) }
  return recoveryCode === undefined ? {} : { use: useOfRecoveryCode(stores.db, adminId, recoveryCode) }
}

/** Verifies what a passkey answered to a challenge. */
export async function useOfPasskey(
  { db, settings }: Pick<Stores, 'db' | 'settings'>,
  credential: AuthenticationResponse,
  { known: [passkey], taken }: FoundPasskey,
  now: number,
): Promise<Comparison> {
  try {
    const use = await verifyAuthentication(relyingPartyOf(settings), taken, credential, passkey)
    return { use: { factor: 'passkey', ...passkeyUse(db, use, now) } }
  } catch (error) {
    if (!(error instanceof PasskeyRefused)) throw error
    if (error.rule === 'counter') logFailure({ copied_passkey_of_admin_id: passkey?.adminId }, error)
    return { because: error.rule }
  }
}
