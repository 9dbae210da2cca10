import { and, eq, exists, ne, not, notExists, or } from 'drizzle-orm'
import type { SessionActor } from '../../auth/actor.ts'
import { createAccessKey, keyHint } from '../../auth/callers/access-key.ts'
import { forgetKeys } from '../../auth/callers/admin-key.ts'
import { creationTime, isSessionOpen, revokeKeys, standingOf } from '../../auth/callers/revocation.ts'
import { type GrantObject, presentGrant } from '../../auth/grants/grant-object.ts'
import { type Grant, grantColumns, grantIs } from '../../auth/grants/status.ts'
import { scopeOf } from '../../auth/permissions.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import { randomId } from '../../crypto/random.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { accessGrants } from '../../db/schema/grants.ts'
import { adminApiKeys } from '../../db/schema/staff.ts'
import { AppError, orUnknown } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import type { ApiKeyRow } from '../api-keys/api-key-records.service.ts'
import { MIN_KV_TTL_SECONDS, putKeyInKv } from '../api-keys/api-keys.service.ts'

/** A grant with its key in clear. */
export type KeyedGrant = GrantObject & { key: string }

/** What the key of a grant has that others lack. */
interface OfGrant {
  grantId: string
  sessionId: string
  expiresAt: number
}

/** What a key is made of: a grant that has begun, or is about to. */
type Begun = Pick<Grant, 'id' | 'customerUid' | 'mode' | 'expiresAt'>

/** Returns a new key of a grant, in clear and as its row: it lives as long as the grant and the session do. */
export function newGrantKey(grant: Begun, { adminId, admin, sessionId }: SessionActor, now: number) {
  const key = createAccessKey('admin')
  const row: ApiKeyRow & OfGrant = {
    id: randomId('key'),
    adminId,
    name: `Access grant ${grant.id}`,
    keyHash: sha256Hex(key),
    keyHint: keyHint('admin', key),
    previousKeyHash: null,
    previousKeyExpiresAt: null,
    scopes: [scopeOf(grant.mode)],
    customers: [grant.customerUid],
    ipAllow: [],
    ipDeny: [],
    requireReason: false,
    grantId: grant.id,
    sessionId,
    expiresAt: grant.expiresAt ?? now,
    createdAt: creationTime(admin, now),
    lastUsedAt: null,
    revokedAt: null,
  }
  return { key, row }
}

/**
 * Returns the statements that put the key of a grant into its place, unless grant or session have ended, and revoke the
 * one before it.
 */
export function keyStatements(db: Database, row: ApiKeyRow & OfGrant) {
  const active = db
    .select({ id: accessGrants.id })
    .from(accessGrants)
    .where(and(eq(accessGrants.id, row.grantId), grantIs(row.createdAt, 'active')))
  const mayNotBe = or(notExists(active), not(isSessionOpen(db, row.sessionId)))
  const itself = db.select({ id: adminApiKeys.id }).from(adminApiKeys).where(eq(adminApiKeys.id, row.id))
  const others = and(eq(adminApiKeys.grantId, row.grantId), ne(adminApiKeys.id, row.id))
  return {
    key: db.insert(adminApiKeys).values(row),
    refusedKeys: db
      .delete(adminApiKeys)
      .where(and(eq(adminApiKeys.id, row.id), mayNotBe))
      .returning({ id: adminApiKeys.id }),
    replacedKeys: revokeKeys(db, and(others, exists(itself)), row.createdAt),
  }
}

/** Lets KV know the key, no longer than the grant lasts: D1 decides all the same. */
export const announceKey = (kv: Stores['kv'], row: ApiKeyRow & OfGrant, now: number) =>
  putKeyInKv(kv, row, {
    expirationTtl: Math.max(Math.ceil((row.expiresAt - now) / 1000), MIN_KV_TTL_SECONDS),
  })

/**
 * Gives the owner of an active grant its key, in the session of the call. The key before it ends.
 * Throws `grant_unknown`, also for somebody else's, `grant_inactive`, or `session_invalid` if the session has ended
 * meanwhile.
 */
export async function issueGrantKey(
  { db, kv, later }: Stores,
  actor: SessionActor,
  id: string,
  now: number,
): Promise<KeyedGrant> {
  const own = and(eq(accessGrants.id, id), eq(accessGrants.adminId, actor.adminId))
  const [found] = await db.select(grantColumns(now)).from(accessGrants).where(own)
  const grant = orUnknown(found, 'grant_unknown')
  if (grant.status !== 'active') throw new AppError('grant_inactive')
  const { key, row } = newGrantKey(grant, actor, now)
  await announceKey(kv, row, now)
  const { standings, refusedKeys, replacedKeys } = await inOneTrip(db, {
    standings: standingOf(db, actor, now),
    ...keyStatements(db, row),
  })
  if (refusedKeys.length > 0) {
    await forgetKeys(kv, [row])
    throw new AppError(standings.length > 0 ? 'grant_inactive' : 'session_invalid')
  }
  later('forget_keys', forgetKeys(kv, replacedKeys))
  return { ...presentGrant(grant), key }
}
