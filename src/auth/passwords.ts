import { Buffer } from 'node:buffer'
import { type Argon2Cost, argon2idHash } from '../crypto/argon2id.ts'
import { sameBytes } from '../crypto/digest.ts'
import { randomString } from '../crypto/random.ts'

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane. */
const COST: Argon2Cost = { m: 19_456, t: 2, p: 1 }
const SALT_BYTES = 16

/** No account's hash, of today's cost: compared with when there is no account, so that both cost the same. */
const NOBODYS_HASH = `${phcHead(COST)}$${'A'.repeat(22)}$${'A'.repeat(43)}`

/** How long a password that was mailed lets its owner in without trouble. */
export const RANDOM_PASSWORD_HOURS = 72

/** No letters or digits that look alike: somebody may have to type it. */
const RANDOM_ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz'
const RANDOM_GROUPS = 4
const RANDOM_GROUP_LENGTH = 7

/** A password to be mailed: 28 characters of 31, which is 138 bits, in groups. */
export const randomPassword = () =>
  Array.from({ length: RANDOM_GROUPS }, () => randomString(RANDOM_ALPHABET, RANDOM_GROUP_LENGTH)).join('-')

/** What an account has to know of a random password that is mailed now. */
export const pendingPassword = (password: string, now: number) => ({
  passwordHash: hashPassword(password),
  hasChangedPassword: false,
  passwordExpiresAt: now + RANDOM_PASSWORD_HOURS * 60 * 60 * 1000,
})

/** Hashes a password with argon2id; the result is a PHC string that carries its own salt and cost. */
export function hashPassword(password: string): string {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
  return `${phcHead(COST)}$${toPhcBase64(salt)}$${toPhcBase64(argon2idHash(password, salt, COST))}`
}

/** Whether `password` is the one that was hashed. Without a hash it takes as long and says no. */
export function verifyPassword(password: string, hash: string | undefined): boolean {
  const { cost, salt, digest } = parsePhc(hash ?? NOBODYS_HASH)
  const same = sameBytes(argon2idHash(password, salt, cost), digest)
  return same && hash !== undefined
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
