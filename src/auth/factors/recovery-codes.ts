import { and, eq, exists } from 'drizzle-orm'
import { sha256Hex } from '../../crypto/digest.ts'
import { randomString } from '../../crypto/random.ts'
import type { Database } from '../../db/client.ts'
import { recoveryCodes } from '../../db/schema/factors.ts'
import type { FactorUse } from './factor-use.ts'

const CODES = 10

/**
 * No letters or digits that look alike. Five groups of five of 31 are 123 bits, of which a plain hash keeps the secret (OWASP
 * ASVS 5.0, 6.5.2: from 112 on).
 */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz'
const GROUPS = 5
const GROUP_LENGTH = 5

/** Returns new recovery codes, in clear, and the rows that keep their hashes. */
export function newRecoveryCodes(adminId: number, now: number) {
  const codes = Array.from({ length: CODES }, () =>
    Array.from({ length: GROUPS }, () => randomString(ALPHABET, GROUP_LENGTH)).join('-'),
  )
  const rows = codes.map((code) => ({ adminId, codeHash: hashOf(code), createdAt: now }))
  return { codes, rows }
}

/** However people type it: in capitals, without hyphens or with blanks. */
const hashOf = (code: string) => sha256Hex(code.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))

/** Returns the use of a recovery code, which can happen once; D1 decides whether there is one. */
export function useOfRecoveryCode(db: Database, adminId: number, code: string): FactorUse {
  const unused = and(eq(recoveryCodes.adminId, adminId), eq(recoveryCodes.codeHash, hashOf(code)))
  return {
    factor: 'recovery_code',
    condition: exists(db.select({ adminId: recoveryCodes.adminId }).from(recoveryCodes).where(unused)),
    statements: { recoveryCode: db.delete(recoveryCodes).where(unused) },
  }
}
