import { BoundedCache } from '../../base/bounded-cache.ts'
import { adminKeyName } from '../../base/kv-names.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import type { Env } from '../../env.ts'
import { AppError, orUnavailable } from '../../errors.ts'
import { hasAccessKeyForm } from './access-key.ts'

/** The value of an API key's hash in KV: its id and its owner's, neither of which ever changes. */
export interface KvEntry {
  id: string
  admin_id: number
}

/** Ids by hash that KV has told before, of keys that were live then; up to a few hundred kilobytes of them. */
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
  if (!hasAccessKeyForm('admin', key)) throw new AppError('key_invalid', { because: 'malformed' })
  const hash = sha256Hex(key)
  const id =
    knownIds.get(hash) ?? (await orUnavailable(env.KEYS.get<KvEntry>(adminKeyName(hash), 'json')))?.id
  if (id === undefined) throw new AppError('key_invalid', { because: 'unknown' })
  knownIds.set(hash, id)
  return { id, hash }
}

/** Forgets what KV told of a key that is none by now. */
export const disclaim = ({ hash }: ClaimedKey): void => knownIds.delete(hash)

/** Lets KV forget keys that D1 refuses already: nothing depends on it. */
export async function forgetKeys(
  kv: Env['KEYS'],
  keys: { keyHash: string; previousKeyHash: string | null }[],
): Promise<void> {
  const hashes = keys.flatMap(({ keyHash, previousKeyHash }) => [keyHash, previousKeyHash ?? []].flat())
  await Promise.all(hashes.map((hash) => kv.delete(adminKeyName(hash))))
}
