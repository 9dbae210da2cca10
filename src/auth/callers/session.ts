import { and, eq, gt, inArray, lt, type SQL, sql } from 'drizzle-orm'
import { createToken, hashOfToken } from '../../crypto/opaque-token.ts'
import { randomId } from '../../crypto/random.ts'
import type { Database } from '../../db/client.ts'
import type { Bindable, PlacesOf } from '../../db/prepared.ts'
import { type AnswerTo, question, stampOf } from '../../db/question.ts'
import { adminApiKeys, adminSessions, admins, loginFailures } from '../../db/schema/staff.ts'
import { adminColumns } from '../accounts/account.ts'
import { isInForce, revokeKeys } from './revocation.ts'

/** Who keeps the token of a session: a registered client, or a browser in its cookie. */
export type SessionHolder = 'client' | 'browser'

/**
 * A token says who it was given to, and its hash covers that: it counts where that one sends it, and nowhere else. One
 * that was taken from a client so gets nobody past what a client has to sign.
 */
const TOKEN_PREFIX: Record<SessionHolder, string> = {
  client: 'stw_session_',
  browser: 'stw_session_browser_',
}

/** OWASP Session Management Cheat Sheet: both an idle and an absolute timeout. */
const IDLE_MS = 30 * 60 * 1000
const ABSOLUTE_MS = 12 * 60 * 60 * 1000

/** How late `last_seen_at` may be: it costs a write, and the idle limit does not need it to the second. */
const SEEN_PRECISION_MS = 60 * 1000

/** By what its owner proves who they are. A recovery code stands in for a second factor. */
export type Factor = 'password' | 'passkey' | 'totp' | 'recovery_code'

/** A proof of who somebody is. */
export interface Proof {
  factors: Factor[]
  provenAt: number
}

/** Returns the hash that a token is stored as; undefined for what is no token of such a holder. */
export const hashOfSessionToken = (holder: SessionHolder, token: string | undefined) =>
  hashOfToken(TOKEN_PREFIX[holder], token)

/**
 * A new session and the only copy of its token. The row is for the caller to insert, in one batch with what else a
 * login changes.
 */
export function newSession(adminId: number, now: number, holder: SessionHolder, proof: Proof) {
  const { token, tokenHash } = createToken(TOKEN_PREFIX[holder])
  const row = {
    id: randomId('ses'),
    tokenHash,
    adminId,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + ABSOLUTE_MS,
    ...proof,
  }
  return { token, row }
}

/** Sessions that neither of the two limits has ended. */
export const isLive = (now: Bindable<number>) =>
  and(gt(adminSessions.expiresAt, now), gt(adminSessions.lastSeenAt, sql`${now} - ${IDLE_MS}`))

const decisive = {
  sessionId: sql<string>`${adminSessions.id}`.as('session_id'),
  provenAt: adminSessions.provenAt,
  admin: adminColumns,
}

/** The question for the live session with this token's hash and the enabled admin it belongs to. */
export const liveSession = question((db, { tokenHash, now }: PlacesOf<{ tokenHash: string; now: number }>) =>
  db
    .select({ ...decisive, lastSeenAt: adminSessions.lastSeenAt, stamp: stampOf(decisive) })
    .from(adminSessions)
    .innerJoin(admins, and(eq(admins.id, adminSessions.adminId), isInForce(adminSessions.createdAt)))
    .leftJoin(loginFailures, eq(loginFailures.emailHash, admins.emailHash))
    .where(and(eq(adminSessions.tokenHash, tokenHash), isLive(now))),
)

export type LiveSession = AnswerTo<typeof liveSession>

/** Notes that a session is in use, at most once a minute, in the database and in what is remembered. */
export async function touchSession(db: Database, session: LiveSession, now: number): Promise<void> {
  const { sessionId, lastSeenAt } = session
  if (now - lastSeenAt < SEEN_PRECISION_MS) return
  session.lastSeenAt = now
  await sessionUse(db, sessionId, now)
}

/** The statement that notes that a session is in use. */
export const sessionUse = (db: Database, sessionId: string, now: number) =>
  db
    .update(adminSessions)
    .set({ lastSeenAt: now })
    .where(and(eq(adminSessions.id, sessionId), lt(adminSessions.lastSeenAt, now)))

/**
 * Returns the statements that end the sessions which the condition finds, and revoke the keys that were got in them,
 * whose hashes KV still knows.
 */
export const endSessions = (db: Database, which: SQL | undefined, now: number) => ({
  keys: revokeKeys(
    db,
    inArray(adminApiKeys.sessionId, db.select({ id: adminSessions.id }).from(adminSessions).where(which)),
    now,
  ),
  sessions: db.delete(adminSessions).where(which).returning({ id: adminSessions.id }),
})
