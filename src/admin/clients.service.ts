import { and, count, eq, exists, isNull, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import * as z from 'zod'
import type { Reader } from '../auth/authority.ts'
import { toBase64Url } from '../crypto/encoding.ts'
import { randomId } from '../crypto/random.ts'
import { SealingKeys } from '../crypto/sealed-secret.ts'
import type { Database } from '../db/client.ts'
import { past } from '../db/keyset.ts'
import { clients } from '../db/schema/staff.ts'
import { AppError } from '../errors.ts'
import { timestamp } from '../http/envelopes.ts'
import { once } from '../http/once.ts'
import { type Page, type PageRequest, pageOf } from '../http/pagination.ts'
import { textValue, timeValue } from '../http/schemas.ts'

type Row = typeof clients.$inferSelect

const SECRET_BYTES = 32

/** A client as a super_admin sees it. */
export const clientObject = once(() =>
  z
    .object({
      id: textValue('client_4fJq0ZkPz7Xn2wB9sVtYcD'),
      name: textValue('Back office'),
      disabled: z.boolean().meta({ examples: [false] }),
      previous_secret_expires_at: timeValue()
        .nullable()
        .meta({ examples: [null] }),
      created_at: timeValue(),
    })
    .meta({ id: 'Client' }),
)
export type Client = z.infer<ReturnType<typeof clientObject>>

/** A client with its secret, which nobody is shown again. */
export const newClientObject = once(() =>
  clientObject()
    .extend({ secret: textValue('...') })
    .meta({ id: 'NewClient' }),
)
type IssuedClient = z.infer<ReturnType<typeof newClientObject>>

/** Registers a client. The clear secret is in this answer and nowhere else. */
export async function createClient(
  db: Database,
  sealingKeys: string,
  name: string,
  now: number,
): Promise<IssuedClient> {
  const id = randomId('client')
  const { secret, sealedSecret } = await newSecret(sealingKeys, id)
  const [row] = await db.insert(clients).values({ id, name, sealedSecret, createdAt: now }).returning()
  return { ...presentClient(found(row)), secret }
}

/** The clients by age. */
export async function listClients(reader: Reader, page: PageRequest): Promise<Page<Client>> {
  const { db } = reader
  const [rows, [totals]] = await reader.read([
    db
      .select()
      .from(clients)
      .where(past([clients.createdAt, clients.id], page))
      .orderBy(clients.createdAt, clients.id)
      .limit(page.perPage + 1)
      .offset(page.offset),
    db.select({ total: count() }).from(clients),
  ])
  return pageOf(rows, totals?.total ?? 0, page, (row) => [row.createdAt, row.id], presentClient)
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

function found(row: Row | undefined): Row {
  if (!row) throw new AppError('client_id_unknown')
  return row
}

const presentClient = (row: Row): Client => ({
  id: row.id,
  name: row.name,
  disabled: row.disabledAt !== null,
  previous_secret_expires_at: timestamp(row.previousSecretExpiresAt),
  created_at: timestamp(row.createdAt),
})
