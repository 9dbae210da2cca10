import { and, count, eq, exists, isNotNull, ne, or } from 'drizzle-orm'
import * as z from 'zod'
import type { SessionActor } from '../../auth/actor.ts'
import { tellOwner } from '../../auth/factors/notices.ts'
import { once } from '../../base/once.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { paged, sortKey } from '../../db/paging.ts'
import { passkeys, totpSecrets } from '../../db/schema/factors.ts'
import { AppError, orUnknown } from '../../errors.ts'
import { timestamp } from '../../http/envelopes.ts'
import { textValue, timeValue } from '../../http/fields/values.ts'
import { type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import type { Stores } from '../../http/stores.ts'

type Row = typeof passkeys.$inferSelect
type Actor = Pick<SessionActor, 'adminId' | 'admin' | 'role'>

/** A passkey as its owner sees it. */
export const passkeyObject = once(() =>
  z
    .object({
      id: textValue('AQIDBAUGBwg'),
      name: textValue('Security key on my key ring'),
      transports: z.array(z.string()).meta({ examples: [['internal']] }),
      backed_up: z.boolean(),
      created_at: timeValue(),
      last_used_at: timeValue().nullable(),
    })
    .meta({ id: 'Passkey' }),
)
export type Passkey = z.infer<ReturnType<typeof passkeyObject>>

const BY_AGE = sortKey({ createdAt: passkeys.createdAt, id: passkeys.id })

/** Returns the passkeys of an account by age. */
export async function listPasskeys(
  db: Database,
  { adminId }: Pick<Actor, 'adminId'>,
  query: PageQuery,
): Promise<Page<Passkey>> {
  const page = pageRequest(query, BY_AGE)
  const own = eq(passkeys.adminId, adminId)
  const { rows, total } = await inOneTrip(db, {
    rows: paged(db.select().from(passkeys).$dynamic(), BY_AGE, page, own),
    total: db.select({ rows: count() }).from(passkeys).where(own),
  })
  return pageOf(rows, total[0]?.rows ?? 0, page, BY_AGE, presentPasskey)
}

/**
 * Removes a passkey of the account. Returns it.
 * @throws AppError passkey_unknown, also if it is somebody else's; last_factor
 */
export async function removePasskey(
  stores: Stores,
  { adminId, role, admin }: Actor,
  id: string,
): Promise<Passkey> {
  const { db, settings } = stores
  const own = and(eq(passkeys.adminId, adminId), eq(passkeys.id, id))
  const others = db
    .select({ id: passkeys.id })
    .from(passkeys)
    .where(and(eq(passkeys.adminId, adminId), ne(passkeys.id, id)))
  const totp = db
    .select({ adminId: totpSecrets.adminId })
    .from(totpSecrets)
    .where(and(eq(totpSecrets.adminId, adminId), isNotNull(totpSecrets.confirmedAt)))
  const isSpare = settings.mfaRequiredRoles.includes(role) ? or(exists(others), exists(totp)) : undefined
  const { existing, removed } = await inOneTrip(db, {
    existing: db.select().from(passkeys).where(own),
    removed: db.delete(passkeys).where(and(own, isSpare)).returning({ id: passkeys.id }),
  })
  const passkey = orUnknown(existing[0], 'passkey_unknown')
  if (removed.length === 0) throw new AppError('last_factor')
  tellOwner(stores, admin.email, 'passkey_removed')
  return presentPasskey(passkey)
}

/** Returns a passkey as its owner sees it. */
export const presentPasskey = (row: Row): Passkey => ({
  id: row.id,
  name: row.name,
  transports: row.transports,
  backed_up: row.backedUp,
  created_at: timestamp(row.createdAt),
  last_used_at: timestamp(row.lastUsedAt),
})
