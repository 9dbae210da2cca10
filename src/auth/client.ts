import { eq } from 'drizzle-orm'
import { BoundedCache } from '../crypto/bounded-cache.ts'
import { fromHex, utf8 } from '../crypto/encoding.ts'
import { SealingKeys } from '../crypto/sealed-secret.ts'
import type { Database } from '../db/client.ts'
import { clients } from '../db/schema.ts'
import { AppError } from '../errors.ts'

const HMAC = { name: 'HMAC', hash: 'SHA-256' }

/** Imported HMAC keys by sealed secret: a secret that changes is sealed anew, so an entry is never out of date. */
const importedSecrets = new BoundedCache<CryptoKey>(1_000)

/** The query for a registered client; batched with the others that tell who is calling. */
export const clientById = (db: Database, id: string) =>
  db
    .select({ id: clients.id, sealedSecret: clients.sealedSecret, disabledAt: clients.disabledAt })
    .from(clients)
    .where(eq(clients.id, id))

export type Client = Awaited<ReturnType<typeof clientById>>[number]

/**
 * Checks `SWI-CS`: hex of HMAC-SHA-256, keyed with the client's secret, over the raw bytes of the body.
 * @throws AppError checksum_mismatch
 */
export async function verifyChecksum(
  client: Client,
  sealingKeys: string,
  checksum: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const signature = fromHex(checksum)
  const key = await secretOf(client, sealingKeys)
  const matches = signature !== null && (await crypto.subtle.verify(HMAC, key, signature, body))
  if (!matches) throw new AppError('checksum_mismatch')
}

async function secretOf({ id, sealedSecret }: Client, sealingKeys: string): Promise<CryptoKey> {
  const known = importedSecrets.get(sealedSecret)
  if (known) return known
  const secret = await new SealingKeys(sealingKeys).open(sealedSecret, id)
  const key = await crypto.subtle.importKey('raw', utf8(secret), HMAC, false, ['verify'])
  importedSecrets.set(sealedSecret, key)
  return key
}
