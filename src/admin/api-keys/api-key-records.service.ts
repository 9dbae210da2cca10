import { and, count, eq, isNull, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { Changed } from '../../audit/recording/changes.ts'
import { forgetKeys } from '../../auth/callers/admin-key.ts'
import { SCOPES, type Scope } from '../../auth/permissions.ts'
import type { Reach } from '../../auth/reach.ts'
import { once } from '../../base/once.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { paged, sortKey } from '../../db/paging.ts'
import { adminApiKeys } from '../../db/schema/staff.ts'
import { orUnknown } from '../../errors.ts'
import { timestamp } from '../../http/envelopes.ts'
import { textValue, timeValue, uidValue } from '../../http/fields/values.ts'
import { type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import type { Stores } from '../../http/stores.ts'

export type ApiKeyRow = typeof adminApiKeys.$inferSelect

/** An API key as its owner sees it. */
export const apiKeyObject = once(() =>
  z
    .object({
      id: textValue('key_4fJq0ZkPz7Xn2wB9sVtYcD'),
      name: textValue('Ticket desk'),
      key_hint: textValue('stw_admin_4fJq…'),
      scopes: z.array(z.enum(SCOPES)),
      customers: z.array(uidValue()).nullable(),
      ip_allow: z.array(textValue('203.0.113.0/24')),
      ip_deny: z.array(textValue('203.0.113.7/32')),
      expires_at: timeValue().nullable(),
      require_reason: z.boolean(),
      created_at: timeValue(),
      last_used_at: timeValue().nullable(),
      revoked_at: timeValue()
        .nullable()
        .meta({ examples: [null] }),
    })
    .meta({ id: 'AdminApiKey' }),
)
export type ApiKey = z.infer<ReturnType<typeof apiKeyObject>>

/** An API key with its secret, which is shown only once. */
export const newApiKeyObject = once(() =>
  apiKeyObject()
    .extend({ key: textValue('stw_admin_...') })
    .meta({ id: 'NewAdminApiKey' }),
)
export type IssuedKey = z.infer<ReturnType<typeof newApiKeyObject>>

const BY_AGE = sortKey({ createdAt: adminApiKeys.createdAt, id: adminApiKeys.id })

/** Returns the keys of `ownerId` (null: of everyone) by age, revoked ones included. Those of grants are the grants'. */
export async function listApiKeys(
  db: Database,
  ownerId: number | null,
  query: PageQuery,
): Promise<Page<ApiKey>> {
  const page = pageRequest(query, BY_AGE)
  const matching = ownedBy(ownerId)
  const { rows, total } = await inOneTrip(db, {
    rows: paged(db.select().from(adminApiKeys).$dynamic(), BY_AGE, page, matching),
    total: db.select({ rows: count() }).from(adminApiKeys).where(matching),
  })
  return pageOf(rows, total[0]?.rows ?? 0, page, BY_AGE, presentApiKey)
}

/** @throws AppError api_key_unknown, also for a key out of reach */
export async function getApiKey(db: Database, reach: Reach, id: string): Promise<ApiKey> {
  const [row] = await db.select().from(adminApiKeys).where(keyOwnedBy(reach.owner, id))
  return presentApiKey(orUnknown(row, 'api_key_unknown'))
}

/**
 * Revokes a key within reach. D1 decides, so it is refused from the next request on, and so is the key it was rolled
 * from; the KV entries are deleted after the answer. Revoking twice changes nothing.
 * @throws AppError api_key_unknown
 */
export async function revokeApiKey(
  { db, kv, later }: Stores,
  reach: Reach,
  id: string,
  now: number,
): Promise<Changed<ApiKey>> {
  const { before, after } = await inOneTrip(db, {
    before: db.select().from(adminApiKeys).where(keyOwnedBy(reach.owner, id)),
    after: db
      .update(adminApiKeys)
      .set({ revokedAt: sql`coalesce(${adminApiKeys.revokedAt}, ${now})` })
      .where(keyOwnedBy(reach.owner, id))
      .returning(),
  })
  const revoked = orUnknown(after[0], 'api_key_unknown')
  later('forget_key', forgetKeys(kv, [revoked]))
  return { before: presentApiKey(orUnknown(before[0], 'api_key_unknown')), after: presentApiKey(revoked) }
}

/** The key with this id, if it is the account's; null: whoever's it is. */
export const keyOwnedBy = (ownerId: number | null, id: string) =>
  and(eq(adminApiKeys.id, id), ownedBy(ownerId))

/** A key that was made for itself: of a grant, whoever has a say in that decides. */
const ownedBy = (ownerId: number | null) =>
  and(isNull(adminApiKeys.grantId), ownerId === null ? undefined : eq(adminApiKeys.adminId, ownerId))

export const presentApiKey = (row: ApiKeyRow): ApiKey => ({
  id: row.id,
  name: row.name,
  key_hint: row.keyHint,
  scopes: row.scopes as Scope[],
  customers: row.customers,
  ip_allow: row.ipAllow,
  ip_deny: row.ipDeny,
  expires_at: timestamp(row.expiresAt),
  require_reason: row.requireReason,
  created_at: timestamp(row.createdAt),
  last_used_at: timestamp(row.lastUsedAt),
  revoked_at: timestamp(row.revokedAt),
})
