import { BASE62, randomString } from '../crypto/random.ts'
import { hashPassword } from './passwords.ts'

/** 143 bits: nobody guesses it, however long a hash of it may be attacked. */
const LENGTH = 24

/** How long its owner has to log in and choose another. */
const LIFETIME_MS = 72 * 60 * 60 * 1000

/** A password for an owner who has not chosen one yet: in clear this once, and what the account's row says of it. */
export function newRandomPassword(now: number) {
  const password = randomString(BASE62, LENGTH)
  const row = {
    passwordHash: hashPassword(password),
    hasChangedPassword: false,
    passwordExpiresAt: now + LIFETIME_MS,
  }
  return { password, row }
}
