import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Changed } from '../../audit/recording/changes.ts'
import { isPast } from '../../auth/accounts/account.ts'
import type { SessionActor } from '../../auth/actor.ts'
import { createAccessKey, keyHint } from '../../auth/callers/access-key.ts'
import { forgetKeys, type KvEntry } from '../../auth/callers/admin-key.ts'
import { creationTime, isSessionOpen, standingOf } from '../../auth/callers/revocation.ts'
import { defaultScopes } from '../../auth/permissions.ts'
import { checkOwner, type Reach } from '../../auth/reach.ts'
import { adminKeyName } from '../../base/kv-names.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import { randomId } from '../../crypto/random.ts'
import { inOneTrip } from '../../db/batch.ts'
import { adminApiKeys } from '../../db/schema/staff.ts'
import type { Env } from '../../env.ts'
import { AppError, orUnavailable, orUnknown } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import { type ApiKeyInput, checkInput } from './api-key-input.ts'
import {
  type ApiKey,
  type ApiKeyRow,
  type IssuedKey,
  insertKey,
  keyOwnedBy,
  presentApiKey,
} from './api-key-records.service.ts'

/** The shortest TTL of KV (https://developers.cloudflare.com/kv/api/write-key-value-pairs/). */
export const MIN_KV_TTL_SECONDS = 60

/** The creator of a key: an admin in a session, or the command line, where nobody is logged in. */
export type Maker = Pick<SessionActor, 'adminId' | 'role'> &
  Partial<Pick<SessionActor, 'sessionId' | 'admin'>>

/**
 * Creates a key. Only this answer holds it in clear.
 * @throws AppError session_invalid if the session has ended meanwhile; invalid: a scope beyond the owner's role, a
 * customer that does not exist, an end that has passed
 */
export async function createApiKey(
  { db, kv }: Pick<Stores, 'db' | 'kv'>,
  owner: Maker,
  input: ApiKeyInput,
  now: number,
): Promise<IssuedKey> {
  await checkInput(db, owner.role, input, now)
  const key = createAccessKey('admin')
  const row: ApiKeyRow = {
    id: randomId('key'),
    adminId: owner.adminId,
    name: input.name,
    keyHash: sha256Hex(key),
    keyHint: keyHint('admin', key),
    previousKeyHash: null,
    previousKeyExpiresAt: null,
    scopes: input.scopes ?? defaultScopes(owner.role),
    customers: input.customers ?? null,
    ipAllow: input.ipAllow ?? [],
    ipDeny: input.ipDeny ?? [],
    requireReason: input.requireReason ?? false,
    grantId: null,
    sessionId: null,
    expiresAt: input.expiresAt ?? null,
    createdAt: owner.admin ? creationTime(owner.admin, now) : now,
    lastUsedAt: null,
    revokedAt: null,
  }
  await putKeyInKv(kv, row)
  if (!(await insertKey(db, row, owner.sessionId))) {
    await forgetKeys(kv, [row])
    throw new AppError('session_invalid')
  }
  return withKey(row, key)
}

/** Writes the key to KV, before D1: an id that D1 does not know lets nobody in. */
export async function putKeyInKv(
  kv: Env['KEYS'],
  { id, adminId, keyHash }: Pick<ApiKeyRow, 'id' | 'adminId' | 'keyHash'>,
  options?: KVNamespacePutOptions,
): Promise<void> {
  const entry: KvEntry = { id, admin_id: adminId }
  await orUnavailable(kv.put(adminKeyName(keyHash), JSON.stringify(entry), options))
}

function withKey(row: ApiKeyRow, key: string): IssuedKey {
  const { id, name, ...rest } = presentApiKey(row)
  return { id, name, key, ...rest }
}

/**
 * Gives a key within reach a new secret; the previous one works until the grace is over.
 * @throws AppError api_key_unknown, forbidden, api_key_inactive, session_invalid if the session has ended meanwhile
 */
export async function rollApiKey(
  { db, kv, later }: Stores,
  { actor, reach }: { actor: SessionActor; reach: Reach },
  id: string,
  graceSeconds: number,
  now: number,
): Promise<Changed<IssuedKey, ApiKey>> {
  const [seen] = await db.select().from(adminApiKeys).where(keyOwnedBy(reach.toldOf, id))
  const replaced = orUnknown(seen, 'api_key_unknown')
  checkOwner(reach, replaced.adminId)
  if (replaced.revokedAt !== null || isPast(replaced.expiresAt, now)) throw new AppError('api_key_inactive')
  const key = createAccessKey('admin')
  const keyHash = sha256Hex(key)
  await putKeyInKv(kv, { ...replaced, keyHash })
  const {
    standings: [standing],
    keys: [rolled],
  } = await inOneTrip(db, {
    standings: standingOf(db, actor, now),
    keys: db
      .update(adminApiKeys)
      .set({
        keyHash,
        keyHint: keyHint('admin', key),
        previousKeyHash: graceSeconds > 0 ? sql`${adminApiKeys.keyHash}` : null,
        previousKeyExpiresAt: graceSeconds > 0 ? now + graceSeconds * 1000 : null,
      })
      .where(and(eq(adminApiKeys.id, id), isNull(adminApiKeys.revokedAt), isSessionOpen(db, actor.sessionId)))
      .returning(),
  })
  if (!rolled) {
    await forgetKeys(kv, [{ keyHash, previousKeyHash: null }])
    throw new AppError(standing ? 'api_key_inactive' : 'session_invalid')
  }
  later('forget_key', forgetLater(kv, replaced, graceSeconds))
  return { before: presentApiKey(replaced), after: withKey(rolled, key) }
}

/** Expires a rolled key in KV once its grace is over. Nothing depends on it: D1 refuses the key by then. */
async function forgetLater(kv: Env['KEYS'], replaced: ApiKeyRow, graceSeconds: number): Promise<void> {
  if (graceSeconds === 0) return kv.delete(adminKeyName(replaced.keyHash))
  await putKeyInKv(kv, replaced, { expirationTtl: Math.max(graceSeconds, MIN_KV_TTL_SECONDS) })
}
