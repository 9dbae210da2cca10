import { eq, sql } from 'drizzle-orm'
import { BoundedCache } from '../../base/bounded-cache.ts'
import { utf8 } from '../../base/encoding.ts'
import type { PlacesOf } from '../../db/prepared.ts'
import { type AnswerTo, question, stampOf } from '../../db/question.ts'
import { clients } from '../../db/schema/staff.ts'
import { AppError, orUnavailable } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import { checkTime, readSignature, type Signature, type SignedRequest, signedBytes } from './signature.ts'

const HMAC = { name: 'HMAC', hash: 'SHA-256' }

/** Imported HMAC keys by sealed secret: a secret that changes is sealed anew, so an entry is never out of date. */
const importedSecrets = new BoundedCache<CryptoKey>(1_000)

/** The question for a registered client; asked with the others that tell who is calling. */
export const clientById = question((db, { id, now }: PlacesOf<{ id: string; now: number }>) => {
  const decisive = {
    id: clients.id,
    sealedSecret: clients.sealedSecret,
    /** The secret before the last rotation, as long as its grace lasts. */
    previousSealedSecret: sql<string | null>`CASE WHEN ${clients.previousSecretExpiresAt} > ${now}
      THEN ${clients.previousSealedSecret} END`.as('previous_sealed_secret'),
    requireBoundSignatures: clients.requireBoundSignatures,
    disabledAt: clients.disabledAt,
  }
  return db
    .select({ ...decisive, stamp: stampOf(decisive) })
    .from(clients)
    .where(eq(clients.id, id))
})

export type Client = AnswerTo<typeof clientById>

/**
 * Returns the signature of `SWI-CS` if it is HMAC-SHA-256, keyed with the client's secret, over what it has to be. A
 * secret that was rotated verifies until its grace is over.
 * Throws `checksum_mismatch`, `checksum_expired`, or `dependency_unavailable` if no sealing key of ours opens the secret.
 */
export async function verifySignature(
  client: Client,
  stores: Pick<Stores, 'sealingKeys'>,
  header: string,
  request: SignedRequest,
  arrivedAt: number,
): Promise<Signature> {
  const signature = readSignature(header)
  if (client.requireBoundSignatures && signature.time === undefined)
    throw new AppError('checksum_mismatch', { because: 'not bound, as the client requires' })
  const bytes = await signedBytes(signature, request)
  for (const sealedSecret of [client.sealedSecret, client.previousSealedSecret]) {
    if (sealedSecret === null) continue
    const key = await secretOf(client.id, sealedSecret, stores)
    if (!(await crypto.subtle.verify(HMAC, key, signature.hmac, bytes))) continue
    checkTime(signature, arrivedAt)
    return signature
  }
  throw new AppError('checksum_mismatch')
}

async function secretOf(
  id: string,
  sealedSecret: string,
  stores: Pick<Stores, 'sealingKeys'>,
): Promise<CryptoKey> {
  const known = importedSecrets.get(sealedSecret)
  if (known) return known
  const secret = await orUnavailable(openSecret(id, sealedSecret, stores))
  const key = await crypto.subtle.importKey('raw', utf8(secret), HMAC, false, ['verify'])
  importedSecrets.set(sealedSecret, key)
  return key
}

/** Rejects also if the keys cannot be read. */
const openSecret = async (id: string, sealedSecret: string, { sealingKeys }: Pick<Stores, 'sealingKeys'>) =>
  sealingKeys.open(sealedSecret, id)
