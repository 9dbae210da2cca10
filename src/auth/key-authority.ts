import { and, eq, isNull, lte, or, sql } from 'drizzle-orm'
import { BoundedCache } from '../base/bounded-cache.ts'
import { sameDigest } from '../crypto/digest.ts'
import { inOneTrip } from '../db/batch.ts'
import type { Database } from '../db/client.ts'
import type { PlacesOf } from '../db/prepared.ts'
import { type AnswerTo, question, stampOf } from '../db/question.ts'
import { customers } from '../db/schema/customers.ts'
import { accessGrants, impersonationStops } from '../db/schema/grants.ts'
import { adminApiKeys, adminSessions, admins } from '../db/schema/staff.ts'
import type { Clock } from '../env.ts'
import { AppError } from '../errors.ts'
import type { ApiKeyActor } from './actor.ts'
import { Authority } from './authority.ts'
import { type ClaimedKey, disclaim } from './callers/admin-key.ts'
import { isKeyInForce, isKeyLive } from './callers/revocation.ts'
import { isLive, sessionUse } from './callers/session.ts'
import { grantIs } from './grants/status.ts'
import { ROLE_SCOPES } from './permissions.ts'

/** How late `last_used_at` may be: it costs a write. */
const USE_PRECISION_MS = 60 * 1000

/** What D1 said of keys that were let in, by their hashes and the customers they named. It is to be proven. */
const knownKeys = new BoundedCache<{ key: KeyAuthority | undefined }>(5_000)

/**
 * The question for all that decides on a call with a key: the key if it is live and in force, its owner, the grant and
 * the session that it may hang on, the customer it names, if there is one, and what that has to say; and whether all of
 * it is stopped. No row: the key is not valid.
 */
const keyAuthority = question(
  (db, { keyId, customerUid, now }: PlacesOf<{ keyId: string; customerUid: string | null; now: number }>) => {
    const decisive = {
      keyHash: adminApiKeys.keyHash,
      previousKeyHash: sql<string | null>`CASE WHEN ${adminApiKeys.previousKeyExpiresAt} > ${now}
        THEN ${adminApiKeys.previousKeyHash} END`.as('previous_key_hash'),
      scopes: adminApiKeys.scopes,
      customers: adminApiKeys.customers,
      ipAllow: adminApiKeys.ipAllow,
      ipDeny: adminApiKeys.ipDeny,
      requireReason: adminApiKeys.requireReason,
      adminId: adminApiKeys.adminId,
      role: admins.role,
      grant: {
        id: accessGrants.id,
        mode: accessGrants.mode,
        reason: accessGrants.reason,
        breakGlass: accessGrants.breakGlass,
        customerDecision: accessGrants.customerDecision,
      },
      sessionId: adminApiKeys.sessionId,
      customerStatus: customers.status,
      supportAccess: customers.supportAccess,
      isStopped: sql`EXISTS (SELECT 1 FROM ${impersonationStops})`.mapWith(Boolean).as('is_stopped'),
    }
    return db
      .select({ ...decisive, lastUsedAt: adminApiKeys.lastUsedAt, stamp: stampOf(decisive) })
      .from(adminApiKeys)
      .innerJoin(admins, and(eq(admins.id, adminApiKeys.adminId), isKeyInForce(adminApiKeys.createdAt, now)))
      .leftJoin(accessGrants, eq(accessGrants.id, adminApiKeys.grantId))
      .leftJoin(adminSessions, eq(adminSessions.id, adminApiKeys.sessionId))
      .leftJoin(customers, eq(customers.uid, customerUid))
      .where(
        and(
          eq(adminApiKeys.id, keyId),
          isKeyLive(now),
          or(isNull(adminApiKeys.grantId), grantIs(now, 'active')),
          or(isNull(adminApiKeys.sessionId), isLive(now)),
        ),
      )
  },
)

export type KeyAuthority = AnswerTo<typeof keyAuthority>

/** The decision on a call with a live key. */
interface KeyCheck<Verdict> {
  judge(actor: ApiKeyActor, key: KeyAuthority): Verdict
  retract?: () => void
}

/** Returns the authority of a call with a key, on behalf of a customer or of nobody. */
export function authorityOfKey<Verdict>(
  { db, now }: { db: Database; now: Clock },
  claimed: ClaimedKey,
  customerUid: string | null,
  { judge, retract }: KeyCheck<Verdict>,
) {
  return new Authority(db, {
    questions: () => ({ key: keyAuthority({ keyId: claimed.id, customerUid, now: now() }) }),
    judge({ key: row }) {
      const key = liveKey(claimed, row)
      return judge(keyActor(claimed, key), key)
    },
    memory: { of: knownKeys, name: `${claimed.hash} ${customerUid ?? ''}` },
    retract,
  })
}

/**
 * The key that was claimed, if it is one.
 * @throws AppError key_invalid: unknown, revoked, expired and an owner who may not come in are one answer
 */
function liveKey(claimed: ClaimedKey, key: KeyAuthority | undefined): KeyAuthority {
  if (key && isHashOf(key, claimed)) return key
  disclaim(claimed)
  throw new AppError('key_invalid', { because: 'revoked, expired, or its owner may not come in' })
}

/** Who calls with a live key. */
function keyActor({ id }: ClaimedKey, { adminId, role, customers, ...key }: KeyAuthority): ApiKeyActor {
  const scopes = key.scopes.filter((scope) => ROLE_SCOPES[role].some((covered) => covered === scope))
  return {
    type: 'admin',
    via: 'api_key',
    adminId,
    role,
    apiKeyId: id,
    scopes: scopes as ApiKeyActor['scopes'],
    customers,
    grant: key.grant && { id: key.grant.id, mode: key.grant.mode },
    reason: key.grant?.reason ?? null,
  }
}

/** A key that was rolled goes by its new hash, and by the one before as long as its grace lasts. */
function isHashOf({ keyHash, previousKeyHash }: KeyAuthority, { hash }: ClaimedKey): boolean {
  const isCurrent = sameDigest(keyHash, hash)
  const isPrevious = sameDigest(previousKeyHash ?? '', hash)
  return isCurrent || isPrevious
}

/**
 * Notes that a key is in use, and the session that it hangs on, at most once a minute: in the database and in what is
 * remembered. A call to make when the answer is ready.
 */
export async function noteKeyUse(
  db: Database,
  { id }: ClaimedKey,
  key: Pick<KeyAuthority, 'lastUsedAt' | 'sessionId'>,
  now: number,
): Promise<void> {
  const due = now - USE_PRECISION_MS
  if (key.lastUsedAt !== null && key.lastUsedAt > due) return
  key.lastUsedAt = now
  const unnoted = or(isNull(adminApiKeys.lastUsedAt), lte(adminApiKeys.lastUsedAt, due))
  const use = db
    .update(adminApiKeys)
    .set({ lastUsedAt: now })
    .where(and(eq(adminApiKeys.id, id), unnoted))
  const { sessionId } = key
  await (sessionId === null ? use : inOneTrip(db, { use, session: sessionUse(db, sessionId, now) }))
}
