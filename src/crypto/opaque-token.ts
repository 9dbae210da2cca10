import { sha256Hex } from './digest.ts'
import { BASE62, randomString } from './random.ts'

/** 256 bits. */
const SECRET_LENGTH = 43

/** Those of releases before were in base64url. */
const SECRET = /^[\w-]{43}$/

/**
 * Returns a new token, which stands for something of ours and says nothing: a prefix that tells what it is good for, and
 * 256 random bits. It is given away once; what stays here is its hash.
 */
export function createToken(prefix: string): { token: string; tokenHash: string } {
  const token = prefix + randomString(BASE62, SECRET_LENGTH)
  return { token, tokenHash: sha256Hex(token) }
}

/** Returns the hash that a token is kept as; undefined for what has not the form of one, which nobody was given. */
export const hashOfToken = (prefix: string, token: string | undefined): string | undefined =>
  token?.startsWith(prefix) && SECRET.test(token.slice(prefix.length)) ? sha256Hex(token) : undefined
