import * as z from 'zod'
import { fingerprintOf, type PublicKey } from '../../crypto/signing-keys.ts'
import { bytesAt } from './places.ts'
import { isInBucketOf } from './same-bucket.ts'

const KEYS_FILE = 'steward-audit-keys.json'

/** The content of `/.well-known/steward-audit-keys.json`. */
const keySet = z.object({
  keys: z
    .array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        kid: z.string().min(1),
        x: z.string().regex(/^[\w-]{43}$/),
      }),
    )
    .min(1),
})

/** The keys to verify with, and whether they came from outside the export's bucket: its own prove nothing. */
export interface TrustedKeys {
  keys: PublicKey[]
  areFromElsewhere: boolean
}

/**
 * Returns the keys of a file or URL, or of the file beside the export; if fingerprints are given, only those keys.
 * @throws Error if there are none, or one name stands for two of them
 */
export async function trustedKeys(
  place: string,
  keysPlace: string | undefined,
  fingerprints: string[],
): Promise<TrustedKeys> {
  const read = keysPlace ?? `${place.replace(/\/+$/, '')}/${KEYS_FILE}`
  const bytes = await bytesAt(read)
  if (bytes === null)
    throw new Error(
      keysPlace
        ? `there is no ${keysPlace}`
        : `no public keys: give --keys, or put ${KEYS_FILE} beside the export`,
    )
  const known = parsedKeys(new TextDecoder().decode(bytes), read)
  for (const key of known) console.log(`key ${key.kid}  SHA-256 ${fingerprintOf(key)}`)
  const keys = known.filter((key) => fingerprints.length === 0 || fingerprints.includes(fingerprintOf(key)))
  for (const { kid } of keys) {
    const named = keys.filter((key) => key.kid === kid)
    if (new Set(named.map(fingerprintOf)).size > 1)
      throw new Error(`two keys are called ${kid}: give the --fingerprint of the right one`)
  }
  const areFromElsewhere =
    fingerprints.length > 0 || (keysPlace !== undefined && !(await isInBucketOf(place, keysPlace)))
  return { keys, areFromElsewhere }
}

function parsedKeys(text: string, place: string): PublicKey[] {
  try {
    return keySet.parse(JSON.parse(text)).keys
  } catch {
    throw new Error(`${place} is not a set of Ed25519 keys as /.well-known/${KEYS_FILE} serves it`)
  }
}
