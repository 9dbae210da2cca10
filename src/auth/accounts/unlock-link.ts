import { and, eq, gt, inArray, isNull, lte, sql } from 'drizzle-orm'
import { createToken, hashOfToken } from '../../crypto/opaque-token.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { admins, loginFailures, unlockTokens } from '../../db/schema/staff.ts'
import { orUnavailable } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import { logFailure } from '../../log.ts'
import { unlockMail } from '../../mail/accounts.ts'
import { type MirroredLock, mirrorLock, unmirrorForgotten } from './lockout.ts'

const TOKEN_PREFIX = 'stw_unlock_'
const TOKEN_VALID_MINUTES = 60

/** The change of an account that a lock makes, and the one that a link makes. */
export const LOCKED = { before: { locked: false }, after: { locked: true } }
export const UNLOCKED = { before: { locked: true }, after: { locked: false } }

/** The owner of an account, as far as a mail to them needs it. */
interface Owner {
  id: number
  email: string
}

/**
 * Mails a link that unlocks the account, once and for an hour. Only a hash of its token stays here. There is neither
 * link nor mail if the account is not locked any more by then: a reset that committed meanwhile ended all links.
 * @returns whether it is locked
 * @throws AppError mail_unavailable, and then there is no link
 */
export async function mailUnlockLink(
  { db, mailer, settings }: Pick<Stores, 'db' | 'mailer' | 'settings'>,
  { id, email }: Owner,
  now: number,
): Promise<boolean> {
  const { token, tokenHash } = createToken(TOKEN_PREFIX)
  const expiresAt = now + TOKEN_VALID_MINUTES * 60_000
  const [made] = await db
    .insert(unlockTokens)
    .select(
      sql`SELECT ${tokenHash}, ${admins.id}, ${expiresAt} FROM ${admins} JOIN ${loginFailures} USING (email_hash)
        WHERE ${and(eq(admins.id, id), gt(loginFailures.lockedUntil, now))}`,
    )
    .returning({ adminId: unlockTokens.adminId })
  if (!made) return false
  try {
    await mailer.send(email, await unlockMail(email, token, TOKEN_VALID_MINUTES, settings))
  } catch (error) {
    await db.delete(unlockTokens).where(eq(unlockTokens.tokenHash, tokenHash))
    throw error
  }
  return true
}

/**
 * Announces a lock after the answer: KV learns of it, and whoever owns the account is mailed a link, so that
 * locking an account keeps nobody out for long. Fails silently but for the log: D1 holds the lock either way.
 */
export async function announceLock(
  stores: Stores,
  emailHash: string,
  lock: MirroredLock,
  now: number,
): Promise<void> {
  const { db } = stores
  try {
    const stands = await mirrorLock(stores, emailHash, lock, now)
    if (!stands || lock.admin_id === null) return
    const [owner] = await db
      .select({ id: admins.id, email: admins.email })
      .from(admins)
      .where(and(eq(admins.id, lock.admin_id), isNull(admins.disabledAt)))
    if (owner) await mailUnlockLink(stores, owner, now)
  } catch (error) {
    logFailure({ locked_admin_id: lock.admin_id }, error)
  }
}

/** The query for the account that a link unlocks, if it still does. */
const holder = (db: Database, tokenHash: string, now: number) =>
  db
    .select({ adminId: unlockTokens.adminId })
    .from(unlockTokens)
    .where(and(eq(unlockTokens.tokenHash, tokenHash), gt(unlockTokens.expiresAt, now)))

/** Whose account a link would unlock; undefined if it is unknown, used or too old. */
export async function ownerOfLink(db: Database, token: string, now: number): Promise<number | undefined> {
  const tokenHash = hashOfToken(TOKEN_PREFIX, token)
  if (tokenHash === undefined) return undefined
  const [found] = await orUnavailable(Promise.resolve(holder(db, tokenHash, now)))
  return found?.adminId
}

/** Unlocks the account of a link, and ends all links to it. Resolves with whether this call is the one that did. */
export async function redeemLink(
  { db, kv }: Pick<Stores, 'db' | 'kv'>,
  token: string,
  now: number,
): Promise<boolean> {
  const tokenHash = hashOfToken(TOKEN_PREFIX, token)
  if (tokenHash === undefined) return false
  const owner = holder(db, tokenHash, now)
  const ownersHash = db.select({ hash: admins.emailHash }).from(admins).where(inArray(admins.id, owner))
  const { unlocked, ended } = await inOneTrip(db, {
    unlocked: db
      .delete(loginFailures)
      .where(inArray(loginFailures.emailHash, ownersHash))
      .returning({ emailHash: loginFailures.emailHash, lockedUntil: loginFailures.lockedUntil }),
    ended: db
      .delete(unlockTokens)
      .where(inArray(unlockTokens.adminId, owner))
      .returning({ id: unlockTokens.adminId }),
  })
  await Promise.all(unlocked.map((row) => unmirrorForgotten(kv, row.emailHash, [row])))
  return ended.length > 0
}

/** Removes links that nobody can use any more. */
export const purgeUnlockTokens = (db: Database, now: number) =>
  db.delete(unlockTokens).where(lte(unlockTokens.expiresAt, now))
