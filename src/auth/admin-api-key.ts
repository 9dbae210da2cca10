import { and, eq, gt, isNull, or } from 'drizzle-orm'
import ipaddr from 'ipaddr.js'
import { BoundedCache } from '../crypto/bounded-cache.ts'
import { sameDigest, sha256Hex } from '../crypto/digest.ts'
import type { Database } from '../db/client.ts'
import { adminApiKeys, admins, customers } from '../db/schema.ts'
import type { Env } from '../env.ts'
import { AppError, orUnavailable } from '../errors.ts'
import { hasAccessKeyForm } from './access-key.ts'
import type { ApiKeyActor } from './actor.ts'
import { ROLE_SCOPES } from './permissions.ts'

/** Where KV keeps which API key a hash belongs to. The value is its id and its owner's, neither of which ever changes. */
export const kvName = (keyHash: string) => `admin_key:${keyHash}`
export interface KvEntry {
  id: string
  admin_id: number
}

/** Ids by hash that KV has told before, up to a few hundred kilobytes of them. */
const knownIds = new BoundedCache<string>(5_000)

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
  if (!hasAccessKeyForm('admin', key)) throw new AppError('key_invalid')
  const hash = await sha256Hex(key)
  const id = knownIds.get(hash) ?? (await orUnavailable(env.KEYS.get<KvEntry>(kvName(hash), 'json')))?.id
  if (id === undefined) throw new AppError('key_invalid')
  knownIds.set(hash, id)
  return { id, hash }
}

/**
 * The query for all that decides on a call with a key: the key if it is live, its owner if enabled, and the customer
 * it names, if there is one. No row: the key is not valid.
 */
export const keyAuthority = (db: Database, keyId: string, customerUid: string | null, now: number) =>
  db
    .select({
      keyHash: adminApiKeys.keyHash,
      scopes: adminApiKeys.scopes,
      customers: adminApiKeys.customers,
      ipAllow: adminApiKeys.ipAllow,
      ipDeny: adminApiKeys.ipDeny,
      requireReason: adminApiKeys.requireReason,
      adminId: adminApiKeys.adminId,
      role: admins.role,
      customerStatus: customers.status,
    })
    .from(adminApiKeys)
    .innerJoin(admins, and(eq(admins.id, adminApiKeys.adminId), isNull(admins.disabledAt)))
    .leftJoin(customers, eq(customers.uid, customerUid ?? ''))
    .where(
      and(
        eq(adminApiKeys.id, keyId),
        isNull(adminApiKeys.revokedAt),
        or(isNull(adminApiKeys.expiresAt), gt(adminApiKeys.expiresAt, now)),
      ),
    )

export type KeyAuthority = Awaited<ReturnType<typeof keyAuthority>>[number]

/**
 * Who calls with the key.
 * @throws AppError key_invalid: unknown, revoked, expired and a disabled owner are one answer
 */
export function identifyKey(claimed: ClaimedKey, authority: KeyAuthority | undefined): ApiKeyActor {
  if (!authority || !sameDigest(authority.keyHash, claimed.hash)) throw new AppError('key_invalid')
  const { adminId, role } = authority
  const scopes = authority.scopes.filter((scope) => ROLE_SCOPES[role].some((covered) => covered === scope))
  return {
    type: 'admin',
    via: 'api_key',
    adminId,
    role,
    apiKeyId: claimed.id,
    scopes: scopes as ApiKeyActor['scopes'],
  }
}

/**
 * Checks the caller's address against the key's lists; what a deny names is refused whatever an allow says.
 * @throws AppError ip_refused, also where there is a list and no address to check
 */
export function checkAddress(
  { ipAllow, ipDeny }: Pick<KeyAuthority, 'ipAllow' | 'ipDeny'>,
  ip: string | undefined,
): void {
  if (ipAllow.length === 0 && ipDeny.length === 0) return
  if (ip === undefined || !ipaddr.isValid(ip)) throw new AppError('ip_refused')
  const address = ipaddr.process(ip)
  const isIn = (ranges: string[]) =>
    ranges.some((range) => {
      const [network, bits] = ipaddr.parseCIDR(range)
      return network.kind() === address.kind() && address.match(network, bits)
    })
  if (isIn(ipDeny) || (ipAllow.length > 0 && !isIn(ipAllow))) throw new AppError('ip_refused')
}
