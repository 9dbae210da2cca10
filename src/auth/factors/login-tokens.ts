import { and, eq, gt, inArray, lte, type SQLWrapper } from 'drizzle-orm'
import { createToken, hashOfToken } from '../../crypto/opaque-token.ts'
import type { Database } from '../../db/client.ts'
import { loginTokens } from '../../db/schema/factors.ts'
import { admins } from '../../db/schema/staff.ts'
import type { AdminAccount } from '../accounts/account.ts'
import { creationTime, isInForce } from '../callers/revocation.ts'
import type { SessionHolder } from '../callers/session.ts'

/** As the token of a session: a login that was begun through a client is not finished without one. */
const TOKEN_PREFIX: Record<SessionHolder, string> = { client: 'stw_login_', browser: 'stw_login_browser_' }
const VALID_MS = 5 * 60 * 1000

/** Returns a token that stands for a login whose password was right, and its row, which has only its hash. */
export function newLoginToken(account: AdminAccount, holder: SessionHolder, now: number) {
  const { token, tokenHash } = createToken(TOKEN_PREFIX[holder])
  const createdAt = creationTime(account, now)
  const row = { tokenHash, adminId: account.id, createdAt, expiresAt: now + VALID_MS }
  return { token, row }
}

/** Returns the hash that a token is stored as; undefined for what is no token of such a holder. */
export const hashOfLoginToken = (holder: SessionHolder, token: string) =>
  hashOfToken(TOKEN_PREFIX[holder], token)

/** The condition, in a query that joins `admins`, that a login still waits for its second step. */
export const isWaiting = (tokenHash: string, now: number) =>
  and(
    eq(loginTokens.tokenHash, tokenHash),
    gt(loginTokens.expiresAt, now),
    eq(loginTokens.adminId, admins.id),
    isInForce(loginTokens.createdAt),
  )

/** Returns the query that ends the logins of accounts which wait for their second step. */
export const endLoginsOf = (db: Database, adminIds: SQLWrapper | number[]) =>
  db.delete(loginTokens).where(inArray(loginTokens.adminId, adminIds))

/** Removes tokens that nobody can use any more. */
export const purgeLoginTokens = (db: Database, now: number) =>
  db.delete(loginTokens).where(lte(loginTokens.expiresAt, now))
