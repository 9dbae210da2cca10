import { Buffer } from 'node:buffer'
import { type Argon2Cost, argon2idHash, isHashable } from '../../crypto/argon2id.ts'
import { sameBytes } from '../../crypto/digest.ts'
import { randomString } from '../../crypto/random.ts'
import { HashQueue, STAFF_PLACES } from './hash-queue.ts'

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane. */
const COST: Argon2Cost = { m: 19_456, t: 2, p: 1 }
const SALT_BYTES = 16

/** No account's hash, of today's cost: compared with when there is no account, so that both cost the same. */
const NOBODYS_HASH = `${phcHead(COST)}$${'A'.repeat(22)}$${'A'.repeat(43)}`
const NOBODYS_PASSWORD = 'A'.repeat(15)

/** How long a password that was mailed lets its owner in without trouble. */
export const RANDOM_PASSWORD_HOURS = 72

/** No letters or digits that look alike: somebody may have to type it. */
const RANDOM_ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz'
const RANDOM_GROUPS = 4
const RANDOM_GROUP_LENGTH = 7

/** A password to be mailed: 28 characters of 31, which is 138 bits, in groups. */
export const randomPassword = () =>
  Array.from({ length: RANDOM_GROUPS }, () => randomString(RANDOM_ALPHABET, RANDOM_GROUP_LENGTH)).join('-')

/** Hashes passwords in a queue, because a hash blocks the isolate. */
export interface Hasher {
  /** Returns the argon2id hash of a password as a PHC string, which carries its own salt and cost. */
  hash(password: string): Promise<string>
  /** Returns whether `password` is the one that was hashed. Without a hash it takes as long and says no. */
  verify(password: string, hash: string | undefined): Promise<boolean>
}

const queue = new HashQueue()

/**
 * Runs `use` with a place in the isolate's queue for hashing.
 * Throws `throttled` if as many as `places` are taken, before anything is done.
 */
export const withHasher = <Result>(
  places: number,
  use: (hasher: Hasher) => Promise<Result>,
): Promise<Result> =>
  queue.withPlace(places, (takeTurn) =>
    use({
      hash: (password) => takeTurn(() => hashed(password)),
      verify: (password, hash) => takeTurn(() => isPasswordOf(password, hash)),
    }),
  )

/** Returns the hash of one password. Throws `throttled` if too many are being hashed. */
export const hashPassword = (password: string): Promise<string> =>
  withHasher(STAFF_PLACES, (hasher) => hasher.hash(password))

/** Returns what an account has to know of a random password that is mailed now. */
export const pendingPassword = async (password: string, now: number) => ({
  passwordHash: await hashPassword(password),
  hasChangedPassword: false,
  passwordExpiresAt: now + RANDOM_PASSWORD_HOURS * 60 * 60 * 1000,
})

function hashed(password: string): string {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
  return `${phcHead(COST)}$${toPhcBase64(salt)}$${toPhcBase64(argon2idHash(password, salt, COST))}`
}

function isPasswordOf(password: string, hash: string | undefined): boolean {
  const { cost, salt, digest } = parsePhc(hash ?? NOBODYS_HASH)
  // One that is too short to be hashed is nobody's, and costs as much.
  const isPossible = hash !== undefined && isHashable(password)
  const same = sameBytes(argon2idHash(isPossible ? password : NOBODYS_PASSWORD, salt, cost), digest)
  return same && isPossible
}

/** Whether a hash was made at another cost than today's, so that a login should replace it. */
export const needsRehash = (hash: string) => !hash.startsWith(`${phcHead(COST)}$`)

function phcHead({ m, t, p }: Argon2Cost): string {
  return `$argon2id$v=19$m=${m},t=${t},p=${p}`
}

function parsePhc(hash: string): { cost: Argon2Cost; salt: Uint8Array; digest: Uint8Array } {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(hash)
  if (!match) throw new Error('not an argon2id PHC string')
  const [, m, t, p, salt = '', digest = ''] = match
  return {
    cost: { m: Number(m), t: Number(t), p: Number(p) },
    salt: Buffer.from(salt, 'base64'),
    digest: Buffer.from(digest, 'base64'),
  }
}

/** Standard base64 without padding, as the PHC string format has it. */
const toPhcBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/=+$/, '')
