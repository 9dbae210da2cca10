import { and, eq, exists, isNull, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import type { Changed } from '../../audit/recording/changes.ts'
import { toBase64Url } from '../../base/encoding.ts'
import { randomId } from '../../crypto/random.ts'
import type { SealingKeys } from '../../crypto/sealed-secret.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { clients } from '../../db/schema/staff.ts'
import { AppError, orUnknown } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import { type ClientRecord, type IssuedClient, presentClient } from './client-records.service.ts'

const SECRET_BYTES = 32

/** The properties of a client. */
export interface ClientInput {
  name: string
  requireBoundSignatures?: boolean | undefined
}

type ClientStores = Pick<Stores, 'db' | 'sealingKeys'>

/** Registers a client. Only this answer holds the secret in clear. */
export async function createClient(
  { db, sealingKeys }: ClientStores,
  input: ClientInput,
  now: number,
): Promise<IssuedClient> {
  const id = randomId('client')
  const { secret, sealedSecret } = await newSecret(sealingKeys, id)
  const row = { ...input, id, sealedSecret, createdAt: now }
  const { created } = await inOneTrip(db, { created: db.insert(clients).values(row).returning() })
  return { ...presentClient(orUnknown(created[0], 'client_id_unknown')), secret }
}

/**
 * Changes the given properties of a client.
 * @throws AppError client_id_unknown
 */
export function changeClient(
  db: Database,
  id: string,
  changes: Partial<ClientInput>,
): Promise<Changed<ClientRecord>> {
  // An update needs something to set.
  return change(db, id, { ...changes, name: changes.name ?? sql`${clients.name}` })
}

/**
 * Gives a client a new secret; the previous one verifies until the grace is over.
 * @throws AppError client_id_unknown
 */
export async function rotateClient(
  { db, sealingKeys }: ClientStores,
  id: string,
  graceSeconds: number,
  now: number,
): Promise<Changed<IssuedClient, ClientRecord>> {
  const { secret, sealedSecret } = await newSecret(sealingKeys, id)
  const { before, after } = await change(db, id, {
    sealedSecret,
    previousSealedSecret: graceSeconds > 0 ? sql`${clients.sealedSecret}` : null,
    previousSecretExpiresAt: graceSeconds > 0 ? now + graceSeconds * 1000 : null,
  })
  return { before, after: { ...after, secret } }
}

/**
 * Disables a client from its next call on. A call cannot disable its own client, nor can two clients disable each
 * other: one of them always stays enabled. A browser calls through none.
 * @throws AppError client_id_unknown, self_action, client_unknown if the calling client was disabled meanwhile
 */
export async function disableClient(
  db: Database,
  callingId: string | null,
  id: string,
  now: number,
): Promise<Changed<ClientRecord>> {
  if (id === callingId)
    throw new AppError('self_action', { message: 'A call cannot disable the client it came through' })
  const disabledAt = sql`coalesce(${clients.disabledAt}, ${now})`
  if (callingId === null) return change(db, id, { disabledAt })
  const calling = alias(clients, 'calling')
  const stillEnabled = db
    .select({ id: calling.id })
    .from(calling)
    .where(and(eq(calling.id, callingId), isNull(calling.disabledAt)))
  return change(db, id, { disabledAt }, exists(stillEnabled))
}

/** @throws AppError client_id_unknown */
export const enableClient = (db: Database, id: string): Promise<Changed<ClientRecord>> =>
  change(db, id, { disabledAt: null })

type ClientUpdate = Parameters<ReturnType<Database['update']>['set']>[0]

/** @throws AppError client_id_unknown, client_unknown if the condition does not hold: the calling client is disabled */
async function change(
  db: Database,
  id: string,
  values: ClientUpdate,
  condition?: SQL,
): Promise<Changed<ClientRecord>> {
  const own = eq(clients.id, id)
  const { before, after } = await inOneTrip(db, {
    before: db.select().from(clients).where(own),
    after: db.update(clients).set(values).where(and(own, condition)).returning(),
  })
  const existing = orUnknown(before[0], 'client_id_unknown')
  if (!after[0]) throw new AppError('client_unknown')
  return { before: presentClient(existing), after: presentClient(after[0]) }
}

/** Returns a new secret of a client, in clear and sealed for its row. */
export async function newSecret(sealingKeys: SealingKeys, id: string) {
  const secret = toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
  return { secret, sealedSecret: await sealingKeys.seal(secret, id) }
}
