import { and, eq, gt, isNull, lte } from 'drizzle-orm'
import { fromBase64Url, toBase64Url } from '../../../base/encoding.ts'
import { sha256Hex } from '../../../crypto/digest.ts'
import type { Database } from '../../../db/client.ts'
import { type ChallengePurpose, factorChallenges } from '../../../db/schema/factors.ts'
import { readClientData } from './client-data.ts'
import { PasskeyRefused } from './refused.ts'

/** WebAuthn Level 3, section 13.4.3, wants 16 at least. */
const CHALLENGE_BYTES = 32

export const CHALLENGE_VALID_MS = 5 * 60 * 1000

/** What a challenge is for: nothing else may be done with its answer. */
export type ChallengeFor =
  | { purpose: 'login' }
  | {
      purpose: Exclude<ChallengePurpose, 'login'>
      adminId: number
      /** The session, or the hash of the login token, that it belongs to. */
      boundTo: string
    }

/** Returns a new challenge, and the statement that stores its hash. */
export function newChallenge(db: Database, what: ChallengeFor, now: number) {
  const challenge = toBase64Url(crypto.getRandomValues(new Uint8Array(CHALLENGE_BYTES)))
  const row = { challengeHash: sha256Hex(challenge), expiresAt: now + CHALLENGE_VALID_MS }
  return { challenge, stored: db.insert(factorChallenges).values({ ...row, ...what }) }
}

/**
 * Returns the statement that takes the challenge which a credential answers, if it is for this and not too old. It
 * deletes the challenge, so of several at once only one gets it.
 */
export function takeChallenge(
  db: Database,
  what: ChallengeFor,
  credential: { response: { clientDataJSON: string } },
  now: number,
) {
  const isForThis =
    what.purpose === 'login'
      ? and(isNull(factorChallenges.adminId), isNull(factorChallenges.boundTo))
      : and(eq(factorChallenges.adminId, what.adminId), eq(factorChallenges.boundTo, what.boundTo))
  return db
    .delete(factorChallenges)
    .where(
      and(
        eq(factorChallenges.challengeHash, sha256Hex(answeredChallenge(credential.response.clientDataJSON))),
        eq(factorChallenges.purpose, what.purpose),
        isForThis,
        gt(factorChallenges.expiresAt, now),
      ),
    )
    .returning({ challengeHash: factorChallenges.challengeHash, adminId: factorChallenges.adminId })
}

/** Returns the challenge in client data; an empty text, which is the challenge of nothing, if it cannot be read. */
function answeredChallenge(clientDataJSON: string): string {
  try {
    return readClientData(fromBase64Url(clientDataJSON) ?? new Uint8Array()).challenge
  } catch (error) {
    if (error instanceof PasskeyRefused) return ''
    throw error
  }
}

/** Forgets challenges that nobody can answer any more. */
export const purgeChallenges = (db: Database, now: number) =>
  db.delete(factorChallenges).where(lte(factorChallenges.expiresAt, now))
