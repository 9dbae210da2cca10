import { and, eq, exists, getTableColumns, ne, type SQL, sql } from 'drizzle-orm'
import type { SessionActor } from '../../auth/actor.ts'
import { createAccessKey, keyHint } from '../../auth/callers/access-key.ts'
import { forgetKeys } from '../../auth/callers/admin-key.ts'
import { creationTime, revokeKeys } from '../../auth/callers/revocation.ts'
import { type GrantObject, presentGrant } from '../../auth/grants/grant-object.ts'
import { grantColumns, grantIs } from '../../auth/grants/status.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import { randomId } from '../../crypto/random.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { accessGrants } from '../../db/schema/grants.ts'
import { adminApiKeys } from '../../db/schema/staff.ts'
import { AppError, orUnknown } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import { withKeyInKv } from '../api-keys/api-keys.service.ts'
import { MAX_DURATION_SECONDS } from './grant-input.ts'

/** A grant with its key in clear. */
export type KeyedGrant = GrantObject & { key: string }

/** How long KV knows the key of a grant: no grant lasts longer, and D1 decides all the same. */
export const IN_KV = { expirationTtl: MAX_DURATION_SECONDS }

/**
 * Returns a new key of a grant, in clear and as KV has it, and the statements that make it, if the grant is the actor's
 * and active, and then end the one before it.
 */
export function newGrantKey(db: Database, grantId: string, actor: SessionActor, now: number) {
  const key = createAccessKey('admin')
  const inKv = { id: randomId('key'), adminId: actor.adminId, keyHash: sha256Hex(key) }
  const values: Record<keyof typeof adminApiKeys.$inferSelect, SQL> = {
    id: sql`${inKv.id}`,
    adminId: sql`${actor.adminId}`,
    name: sql`${`Access grant ${grantId}`}`,
    keyHash: sql`${inKv.keyHash}`,
    keyHint: sql`${keyHint('admin', key)}`,
    previousKeyHash: sql`NULL`,
    previousKeyExpiresAt: sql`NULL`,
    scopes: sql`json_array('customers:' || ${accessGrants.mode})`,
    customers: sql`json_array(${accessGrants.customerUid})`,
    ipAllow: sql`'[]'`,
    ipDeny: sql`'[]'`,
    requireReason: sql`0`,
    grantId: sql`${accessGrants.id}`,
    sessionId: sql`${actor.sessionId}`,
    expiresAt: sql`${accessGrants.expiresAt}`,
    createdAt: sql`${creationTime(actor.admin, now)}`,
    lastUsedAt: sql`NULL`,
    revokedAt: sql`NULL`,
  }
  // In the order of the table, by which an INSERT takes what a SELECT gives.
  const ordered = Object.keys(getTableColumns(adminApiKeys)).map(
    (name) => values[name as keyof typeof values],
  )
  const active = and(
    eq(accessGrants.id, grantId),
    eq(accessGrants.adminId, actor.adminId),
    grantIs(now, 'active'),
  )
  const itself = db.select({ id: adminApiKeys.id }).from(adminApiKeys).where(eq(adminApiKeys.id, inKv.id))
  const others = and(eq(adminApiKeys.grantId, grantId), ne(adminApiKeys.id, inKv.id), exists(itself))
  const statements = {
    keys: db
      .insert(adminApiKeys)
      .select(sql`SELECT ${sql.join(ordered, sql`, `)} FROM ${accessGrants} WHERE ${active}`)
      .returning({ id: adminApiKeys.id }),
    replacedKeys: revokeKeys(db, others, now),
  }
  return { key, inKv, statements }
}

/**
 * Gives the owner of an active grant its key, in the session of the call. The key before it ends.
 * @throws AppError grant_unknown, also for somebody else's, grant_inactive
 */
export async function issueGrantKey(
  { db, kv, later }: Stores,
  actor: SessionActor,
  id: string,
  now: number,
): Promise<KeyedGrant> {
  const { key, inKv, statements } = newGrantKey(db, id, actor, now)
  const own = and(eq(accessGrants.id, id), eq(accessGrants.adminId, actor.adminId))
  const write = async () => {
    const { grants, keys, replacedKeys } = await inOneTrip(db, {
      grants: db.select(grantColumns(now)).from(accessGrants).where(own),
      ...statements,
    })
    const grant = orUnknown(grants[0], 'grant_unknown')
    if (keys.length === 0) throw new AppError('grant_inactive')
    later('forget_keys', forgetKeys(kv, replacedKeys))
    return { ...presentGrant(grant), key }
  }
  return withKeyInKv(kv, inKv, write, IN_KV)
}
