import { toBase64Url } from '../crypto/encoding.ts'
import { randomId } from '../crypto/random.ts'
import { SealingKeys } from '../crypto/sealed-secret.ts'
import type { Database } from '../db/client.ts'
import { clients } from '../db/schema.ts'

const SECRET_BYTES = 32

/** Registers a client. The clear secret is in this answer and nowhere else. */
export async function createClient(db: Database, sealingKeys: string, name: string, now: number) {
  const id = randomId('client')
  const secret = toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
  const sealedSecret = await new SealingKeys(sealingKeys).seal(secret, id)
  await db.insert(clients).values({ id, name, sealedSecret, createdAt: now })
  return { id, name, secret }
}
