import { BoundedCache } from '../base/bounded-cache.ts'
import { fromBase64Url, toBase64Url, utf8 } from '../base/encoding.ts'

const HMAC = { name: 'HMAC', hash: 'SHA-256' }

const KEY_BYTES = 32
const PSEUDONYM_BYTES = 16

/** Imported keys, cached so that a page of entries imports its key once. */
const importedKeys = new BoundedCache<CryptoKey>(4)

/**
 * Returns the pseudonym of a member of staff towards one customer: always the same there, another at every other
 * customer. A keyed hash, because without the key the few admin ids could be tried out. `encodedKey` is base64url of
 * 32 bytes.
 * @throws Error if the key is of another size
 */
export async function pseudonymOf(encodedKey: string, customerUid: string, adminId: number): Promise<string> {
  const key = importedKeys.get(encodedKey) ?? (await importKey(encodedKey))
  importedKeys.set(encodedKey, key)
  const digest = await crypto.subtle.sign('HMAC', key, utf8(`${customerUid}:${adminId}`))
  return `staff_${toBase64Url(new Uint8Array(digest, 0, PSEUDONYM_BYTES))}`
}

async function importKey(encoded: string): Promise<CryptoKey> {
  const bytes = fromBase64Url(encoded)
  if (bytes?.length !== KEY_BYTES) throw new Error('PSEUDONYM_KEY is not base64url of 32 bytes')
  return crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign'])
}
