import { and, eq, sql } from 'drizzle-orm'
import type { Changed } from '../../audit/recording/changes.ts'
import type { SessionActor } from '../../auth/actor.ts'
import { createAccessKey, keyHint } from '../../auth/callers/access-key.ts'
import { forgetKeys, type KvEntry } from '../../auth/callers/admin-key.ts'
import { creationTime, isKeyLive } from '../../auth/callers/revocation.ts'
import { defaultScopes, STEP_UP_SCOPES } from '../../auth/permissions.ts'
import { checkProven } from '../../auth/permitted-actor.ts'
import { checkOwner, type Reach } from '../../auth/reach.ts'
import { adminKeyName } from '../../base/kv-names.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import { randomId } from '../../crypto/random.ts'
import { inOneTrip } from '../../db/batch.ts'
import { adminApiKeys } from '../../db/schema/staff.ts'
import type { Env } from '../../env.ts'
import { AppError, orUnavailable, orUnknown } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import { type ApiKeyInput, faultsOf, faultsOfCustomers, selectNamedCustomers } from './api-key-input.ts'
import {
  type ApiKey,
  type ApiKeyRow,
  type IssuedKey,
  keyOwnedBy,
  presentApiKey,
} from './api-key-records.service.ts'

/** The shortest TTL of KV (https://developers.cloudflare.com/kv/api/write-key-value-pairs/). */
const MIN_KV_TTL_SECONDS = 60

/** The creator of a key: an admin in a session, or the command line, where nobody is logged in. */
export type Maker = Pick<SessionActor, 'adminId' | 'role'> & Partial<Pick<SessionActor, 'admin' | 'isProven'>>

/**
 * Creates a key. Only this answer holds it in clear.
 * @throws AppError invalid: a scope beyond the owner's role, a customer that does not exist, an end that has passed;
 * reauthentication_required if a scope needs a fresh proof of who the owner is
 */
export async function createApiKey(
  { db, kv }: Pick<Stores, 'db' | 'kv'>,
  owner: Maker,
  input: ApiKeyInput,
  now: number,
): Promise<IssuedKey> {
  const faults = faultsOf(owner.role, input, now)
  const customers = selectNamedCustomers(db, input)
  if (Object.keys(faults).length > 0) {
    const { named } = await inOneTrip(db, { named: customers })
    throw new AppError('invalid', { fields: { ...faults, ...faultsOfCustomers(input, named) } })
  }
  const key = createAccessKey('admin')
  const row = newRow(owner, input, key, now)
  const { isProven = true } = owner
  if (row.scopes.some(needsProof)) checkProven({ isProven })
  const isUnfit = sql`EXISTS (SELECT 1 FROM json_each(${JSON.stringify(input.customers ?? [])}) AS given
    WHERE given.value NOT IN (SELECT uid FROM customers))`
  await withKeyInKv(kv, row, async () => {
    const { named } = await inOneTrip(db, {
      named: customers,
      inserted: db.insert(adminApiKeys).values(row),
      withdrawn: db.delete(adminApiKeys).where(and(eq(adminApiKeys.id, row.id), isUnfit)),
    })
    const fields = faultsOfCustomers(input, named)
    if (Object.keys(fields).length > 0) throw new AppError('invalid', { fields })
  })
  return withKey(row, key)
}

const newRow = (owner: Maker, input: ApiKeyInput, key: string, now: number): ApiKeyRow => ({
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
})

/** The members of a key that KV knows, and its hash. */
type KeyInKv = Pick<ApiKeyRow, 'id' | 'adminId' | 'keyHash'>

/** Has KV know a key before D1 does, which lets nobody in until then; and forget it if D1 does not take it. */
export async function withKeyInKv<Result>(
  kv: Env['KEYS'],
  key: KeyInKv,
  write: () => Promise<Result>,
  options?: KVNamespacePutOptions,
): Promise<Result> {
  await putKeyInKv(kv, key, options)
  try {
    return await write()
  } catch (error) {
    await forgetKeys(kv, [{ keyHash: key.keyHash, previousKeyHash: null }])
    throw error
  }
}

async function putKeyInKv(
  kv: Env['KEYS'],
  { id, adminId, keyHash }: KeyInKv,
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
 * @throws AppError api_key_unknown, forbidden, reauthentication_required, api_key_inactive
 */
export async function rollApiKey(
  { db, kv, later }: Stores,
  { actor, reach }: { actor: SessionActor; reach: Reach },
  id: string,
  graceSeconds: number,
  now: number,
): Promise<Changed<IssuedKey, ApiKey>> {
  const key = createAccessKey('admin')
  const keyHash = sha256Hex(key)
  return withKeyInKv(kv, { id, adminId: actor.adminId, keyHash }, async () => {
    const { before, after } = await inOneTrip(db, {
      before: db.select().from(adminApiKeys).where(keyOwnedBy(reach.toldOf, id)),
      after: db
        .update(adminApiKeys)
        .set({
          keyHash,
          keyHint: keyHint('admin', key),
          previousKeyHash: graceSeconds > 0 ? sql`${adminApiKeys.keyHash}` : null,
          previousKeyExpiresAt: graceSeconds > 0 ? now + graceSeconds * 1000 : null,
        })
        .where(and(keyOwnedBy(reach.owner, id), isKeyLive(now), actor.isProven ? undefined : needsNoProof))
        .returning(),
    })
    const replaced = orUnknown(before[0], 'api_key_unknown')
    checkOwner(reach, replaced.adminId)
    if (replaced.scopes.some(needsProof)) checkProven(actor)
    if (!after[0]) throw new AppError('api_key_inactive')
    later('forget_key', forgetLater(kv, replaced, graceSeconds))
    return { before: presentApiKey(replaced), after: withKey(after[0], key) }
  })
}

const needsProof = (scope: string) => STEP_UP_SCOPES.includes(scope)

/** The condition that a key has no scope which takes a fresh proof of who its owner is. */
const needsNoProof = sql`NOT EXISTS (SELECT 1 FROM json_each(${adminApiKeys.scopes}) AS scope
  WHERE scope.value IN (SELECT value FROM json_each(${JSON.stringify(STEP_UP_SCOPES)})))`

/** Expires a rolled key in KV once its grace is over. Nothing depends on it: D1 refuses the key by then. */
async function forgetLater(kv: Env['KEYS'], replaced: ApiKeyRow, graceSeconds: number): Promise<void> {
  if (graceSeconds === 0) return kv.delete(adminKeyName(replaced.keyHash))
  await putKeyInKv(kv, replaced, { expirationTtl: Math.max(graceSeconds, MIN_KV_TTL_SECONDS) })
}
