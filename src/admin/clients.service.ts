import { and, eq, exists, isNull, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import { toBase64Url } from '../crypto/encoding.ts'
import { randomId } from '../crypto/random.ts'
import { SealingKeys } from '../crypto/sealed-secret.ts'
import type { Database } from '../db/client.ts'
import { clients } from '../db/schema/staff.ts'
import { AppError } from '../errors.ts'
import { type Client, found, type IssuedClient, presentClient } from './client-records.service.ts'

const SECRET_BYTES = 32

/** What can be said of a client. */
export interface ClientInput {
  name: string
  requireBoundSignatures?: boolean | undefined
}

/** Registers a client. The clear secret is in this answer and nowhere else. */
export async function createClient(
  db: Database,
  sealingKeys: string,
  input: ClientInput,
  now: number,
): Promise<IssuedClient> {
  const id = randomId('client')
  const { secret, sealedSecret } = await newSecret(sealingKeys, id)
  const [row] = await db
    .insert(clients)
    .values({ ...input, id, sealedSecret, createdAt: now })
    .returning()
  return { ...presentClient(found(row)), secret }
}

/**
 * Changes what is given of a client.
 * @throws AppError client_id_unknown
 */
export async function changeClient(db: Database, id: string, changes: Partial<ClientInput>): Promise<Client> {
  // An update needs something to set.
  const change = { ...changes, name: changes.name ?? sql`${clients.name}` }
  const [row] = await db.update(clients).set(change).where(eq(clients.id, id)).returning()
  return presentClient(found(row))
}

/**
 * Gives a client a new secret; the one before verifies until the grace is over, if there is any.
 * @throws AppError client_id_unknown
 */
export async function rotateClient(
  db: Database,
  sealingKeys: string,
  id: string,
  graceSeconds: number,
  now: number,
): Promise<IssuedClient> {
  const { secret, sealedSecret } = await newSecret(sealingKeys, id)
  const [row] = await db
    .update(clients)
    .set({
      sealedSecret,
      previousSealedSecret: graceSeconds > 0 ? sql`${clients.sealedSecret}` : null,
      previousSecretExpiresAt: graceSeconds > 0 ? now + graceSeconds * 1000 : null,
    })
    .where(eq(clients.id, id))
    .returning()
  return { ...presentClient(found(row)), secret }
}

/**
 * Refuses a client from the next call on. A call cannot disable the client it came through, nor can two of them each
 * other's: one is always left to come in by.
 * @throws AppError client_id_unknown, self_action, client_unknown if the calling client was disabled meanwhile
 */
export async function disableClient(
  db: Database,
  callingId: string,
  id: string,
  now: number,
): Promise<Client> {
  if (id === callingId)
    throw new AppError('self_action', { message: 'A call cannot disable the client it came through' })
  const calling = alias(clients, 'calling')
  const stillEnabled = db
    .select({ id: calling.id })
    .from(calling)
    .where(and(eq(calling.id, callingId), isNull(calling.disabledAt)))
  const [[existing], [disabled]] = await db.batch([
    db.select().from(clients).where(eq(clients.id, id)),
    db
      .update(clients)
      .set({ disabledAt: sql`coalesce(${clients.disabledAt}, ${now})` })
      .where(and(eq(clients.id, id), exists(stillEnabled)))
      .returning(),
  ])
  found(existing)
  if (!disabled) throw new AppError('client_unknown')
  return presentClient(disabled)
}

/** @throws AppError client_id_unknown */
export async function enableClient(db: Database, id: string): Promise<Client> {
  const [row] = await db.update(clients).set({ disabledAt: null }).where(eq(clients.id, id)).returning()
  return presentClient(found(row))
}

/** A new secret of a client: in clear this once, and sealed for its row. */
export async function newSecret(sealingKeys: string, id: string) {
  const secret = toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
  return { secret, sealedSecret: await new SealingKeys(sealingKeys).seal(secret, id) }
}
