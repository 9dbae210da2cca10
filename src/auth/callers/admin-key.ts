import { and, eq, isNull, lte, or, sql } from 'drizzle-orm'
import { BoundedCache } from '../../base/bounded-cache.ts'
import { adminKeyName } from '../../base/kv-names.ts'
import { sameDigest, sha256Hex } from '../../crypto/digest.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import type { PlacesOf } from '../../db/prepared.ts'
import { type AnswerTo, question, stampOf } from '../../db/question.ts'
import { customers } from '../../db/schema/customers.ts'
import { accessGrants, impersonationStops } from '../../db/schema/grants.ts'
import { adminApiKeys, adminSessions, admins } from '../../db/schema/staff.ts'
import type { Env } from '../../env.ts'
import { AppError, orUnavailable } from '../../errors.ts'
import type { ApiKeyActor } from '../actor.ts'
import { grantIs } from '../grants/status.ts'
import { ROLE_SCOPES } from '../permissions.ts'
import { hasAccessKeyForm } from './access-key.ts'
import { isKeyInForce, isKeyLive } from './revocation.ts'
import { isLive, sessionUse } from './session.ts'

/** The value of an API key's hash in KV: its id and its owner's, neither of which ever changes. */
export interface KvEntry {
  id: string
  admin_id: number
}

/** How late `last_used_at` may be: it costs a write. */
const USE_PRECISION_MS = 60 * 1000

/** Ids by hash that KV has told before, of keys that were live then; up to a few hundred kilobytes of them. */
const knownIds = new BoundedCache<string>(5_000)

/** What D1 said of keys that were let in, by their hashes and the customers they named. It is to be proven. */
const knownAuthorities = new BoundedCache<KeyAuthority>(5_000)

/** A key that exists, or did: what it may do is for D1 to say. */
export interface ClaimedKey {
  id: string
  hash: string
}

/**
 * Tells which key this is, from its form and KV alone, so that guesses never reach D1.
 * @throws AppError key_invalid if there is no such key, dependency_unavailable if KV cannot be read
 */
export async function claimAdminKey(env: Env, key: string): Promise<ClaimedKey> {
  if (!hasAccessKeyForm('admin', key)) throw new AppError('key_invalid', { because: 'malformed' })
  const hash = sha256Hex(key)
  const id =
    knownIds.get(hash) ?? (await orUnavailable(env.KEYS.get<KvEntry>(adminKeyName(hash), 'json')))?.id
  if (id === undefined) throw new AppError('key_invalid', { because: 'unknown' })
  knownIds.set(hash, id)
  return { id, hash }
}

/**
 * The question for all that decides on a call with a key: the key if it is live and in force, its owner, the grant and
 * the session that it may hang on, the customer it names, if there is one, and what that has to say; and whether all of
 * it is stopped. No row: the key is not valid.
 */
export const keyAuthority = question(
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

/**
 * The key that was claimed, if it is one.
 * @throws AppError key_invalid: unknown, revoked, expired and an owner who may not come in are one answer
 */
export function liveKey(claimed: ClaimedKey, key: KeyAuthority | undefined): KeyAuthority {
  if (key && isHashOf(key, claimed)) return key
  knownIds.delete(claimed.hash)
  throw new AppError('key_invalid', { because: 'revoked, expired, or its owner may not come in' })
}

/** Returns what was remembered of a key with a customer, to presume that it is so still. */
export function rememberedKey(claimed: ClaimedKey, customerUid: string | null) {
  const key = knownAuthorities.get(authorityName(claimed, customerUid))
  return key && { key }
}

/** Remembers what D1 said of a key that it lets in. */
export function rememberKey(claimed: ClaimedKey, customerUid: string | null, key: KeyAuthority): void {
  knownAuthorities.set(authorityName(claimed, customerUid), key)
}

/** Forgets it, until it is let in again: the next change of a caller that was refused is asked for first. */
export function forgetAuthority(claimed: ClaimedKey, customerUid: string | null): void {
  knownAuthorities.delete(authorityName(claimed, customerUid))
}

const authorityName = ({ hash }: ClaimedKey, customerUid: string | null) => `${hash} ${customerUid ?? ''}`

/** Who calls with a live key. */
export function keyActor(
  { id }: ClaimedKey,
  { adminId, role, customers, ...key }: KeyAuthority,
): ApiKeyActor {
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

/** Lets KV forget keys that D1 refuses already: nothing depends on it. */
export async function forgetKeys(
  kv: Env['KEYS'],
  keys: { keyHash: string; previousKeyHash: string | null }[],
): Promise<void> {
  const hashes = keys.flatMap(({ keyHash, previousKeyHash }) => [keyHash, previousKeyHash ?? []].flat())
  await Promise.all(hashes.map((hash) => kv.delete(adminKeyName(hash))))
}

/**
 * Notes that a key is in use, at most once a minute, in the database and in what is remembered, and so is the session
 * that it hangs on. A call to make when the
 * answer is ready.
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
