import { Buffer } from 'node:buffer'
import { timingSafeEqual } from 'node:crypto'
import { argon2id } from '@noble/hashes/argon2.js'

interface Argon2Cost {
  /** Memory in KiB. */
  m: number
  /** Passes. */
  t: number
  /** Lanes. */
  p: number
}

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane. */
const COST: Argon2Cost = { m: 19_456, t: 2, p: 1 }
const SALT_BYTES = 16
const HASH_BYTES = 32

/** No account's hash, of today's cost: compared with when there is no account, so that both cost the same. */
const NOBODYS_HASH = `${phcHead(COST)}$${'A'.repeat(22)}$${'A'.repeat(43)}`

/** Hashes a password with argon2id; the result is a PHC string that carries its own salt and cost. */
export function hashPassword(password: string): string {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
  return `${phcHead(COST)}$${toPhcBase64(salt)}$${toPhcBase64(derive(password, salt, COST))}`
}

/** Whether `password` is the one that was hashed. Without a hash it takes as long and says no. */
export function verifyPassword(password: string, hash: string | undefined): boolean {
  const { cost, salt, digest } = parsePhc(hash ?? NOBODYS_HASH)
  const same = timingSafeEqual(derive(password, salt, cost), digest)
  return same && hash !== undefined
}

/** Whether a hash was made at another cost than today's, so that a login should replace it. */
export const needsRehash = (hash: string) => !hash.startsWith(`${phcHead(COST)}$`)

function derive(password: string, salt: Uint8Array, cost: Argon2Cost): Uint8Array {
  // NFKC, so that a password typed on another keyboard is the same (NIST SP 800-63B-4, section 3.1.1.2).
  return argon2id(password.normalize('NFKC'), salt, { ...cost, dkLen: HASH_BYTES })
}

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
