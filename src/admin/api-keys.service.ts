import { and, count, eq, sql } from 'drizzle-orm'
import { createAccessKey, keyHint } from '../auth/access-key.ts'
import type { AdminActor } from '../auth/actor.ts'
import { type KvEntry, kvName } from '../auth/admin-api-key.ts'
import { ROLE_SCOPES, type Scope } from '../auth/permissions.ts'
import { sha256Hex } from '../crypto/digest.ts'
import { randomId } from '../crypto/random.ts'
import type { Database } from '../db/client.ts'
import { past } from '../db/keyset.ts'
import { adminApiKeys } from '../db/schema.ts'
import type { Env } from '../env.ts'
import { AppError, orUnavailable } from '../errors.ts'
import { timestamp } from '../http/envelopes.ts'
import { type Page, type PageRequest, pageOf } from '../http/pagination.ts'

type Row = typeof adminApiKeys.$inferSelect

/** What is asked of a new key; what is left out does not limit it. */
export interface ApiKeyInput {
  name: string
  scopes?: Scope[] | undefined
  customers?: string[] | undefined
  ipAllow?: string[] | undefined
  ipDeny?: string[] | undefined
  expiresAt?: number | undefined
  requireReason?: boolean | undefined
}

/** The key in clear is in this answer and nowhere else. KV learns of it first: an id that D1 does not know lets nobody in. */
export async function createApiKey(
  { db, kv }: { db: Database; kv: Env['KEYS'] },
  owner: Pick<AdminActor, 'adminId' | 'role'>,
  input: ApiKeyInput,
  now: number,
): Promise<ApiKey & { key: string }> {
  const key = createAccessKey('admin')
  const row: Row = {
    id: randomId('key'),
    adminId: owner.adminId,
    name: input.name,
    keyHash: await sha256Hex(key),
    keyHint: keyHint('admin', key),
    scopes: input.scopes ?? [...ROLE_SCOPES[owner.role]],
    customers: input.customers ?? null,
    ipAllow: input.ipAllow ?? [],
    ipDeny: input.ipDeny ?? [],
    requireReason: input.requireReason ?? false,
    expiresAt: input.expiresAt ?? null,
    createdAt: now,
    lastUsedAt: null,
    revokedAt: null,
  }
  const entry: KvEntry = { id: row.id, admin_id: row.adminId }
  await orUnavailable(kv.put(kvName(row.keyHash), JSON.stringify(entry)))
  await db.insert(adminApiKeys).values(row)
  const { id, name, ...rest } = presentApiKey(row)
  return { id, name, key, ...rest }
}

/** The keys of `ownerId`, or of everyone who has any, by age; revoked ones too. */
export async function listApiKeys(
  db: Database,
  ownerId: number | undefined,
  page: PageRequest,
): Promise<Page<ApiKey>> {
  const matching = ownerId === undefined ? undefined : eq(adminApiKeys.adminId, ownerId)
  const [rows, [totals]] = await db.batch([
    db
      .select()
      .from(adminApiKeys)
      .where(and(matching, past([adminApiKeys.createdAt, adminApiKeys.id], page)))
      .orderBy(adminApiKeys.createdAt, adminApiKeys.id)
      .limit(page.perPage + 1)
      .offset(page.offset),
    db.select({ total: count() }).from(adminApiKeys).where(matching),
  ])
  return pageOf(rows, totals?.total ?? 0, page, (row) => [row.createdAt, row.id], presentApiKey)
}

/**
 * Revokes a key of the actor's own, or any if it is a super_admin. D1 decides, so it is refused from the next request
 * on; KV is cleaned up by the caller whenever it can be. Revoking twice changes nothing.
 * @throws AppError api_key_unknown
 */
export async function revokeApiKey(
  db: Database,
  actor: Pick<AdminActor, 'adminId' | 'role'>,
  id: string,
  now: number,
): Promise<{ apiKey: ApiKey; keyHash: string }> {
  const own = actor.role === 'super_admin' ? undefined : eq(adminApiKeys.adminId, actor.adminId)
  const [row] = await db
    .update(adminApiKeys)
    .set({ revokedAt: sql`coalesce(${adminApiKeys.revokedAt}, ${now})` })
    .where(and(eq(adminApiKeys.id, id), own))
    .returning()
  if (!row) throw new AppError('api_key_unknown')
  return { apiKey: presentApiKey(row), keyHash: row.keyHash }
}

const presentApiKey = (row: Row) => ({
  id: row.id,
  name: row.name,
  key_hint: row.keyHint,
  scopes: row.scopes,
  customers: row.customers,
  ip_allow: row.ipAllow,
  ip_deny: row.ipDeny,
  expires_at: timestamp(row.expiresAt),
  require_reason: row.requireReason,
  created_at: timestamp(row.createdAt),
  last_used_at: timestamp(row.lastUsedAt),
  revoked_at: timestamp(row.revokedAt),
})

/** An API key as its owner sees it. */
export type ApiKey = ReturnType<typeof presentApiKey>
