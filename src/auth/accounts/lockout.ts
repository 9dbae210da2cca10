import { eq, isNull, lte, or, sql } from 'drizzle-orm'
import { lockoutName } from '../../base/kv-names.ts'
import type { Database } from '../../db/client.ts'
import { loginFailures } from '../../db/schema/staff.ts'
import type { Env } from '../../env.ts'
import type { Stores } from '../../http/stores.ts'
import { logFailure } from '../../log.ts'
import type { Settings } from '../../settings.ts'

/** KV keeps nothing for a shorter time (https://developers.cloudflare.com/kv/api/write-key-value-pairs/). */
const KV_MIN_TTL_SECONDS = 60

const UNMIRROR_WAITS_MS = [0, 1_100, 5_000]

/** A lock as KV tells of it. */
export interface MirroredLock {
  locked_until: number
  /** Whose account it is; null: nobody's. */
  admin_id: number | null
}

/**
 * The query that asks for leave to compare one password, and takes it in the same statement: the attempt is written
 * down as a failure before its outcome is known, so however many come at once, no more than the threshold are ever
 * compared. A row comes back if the attempt may go on; its `lockedUntil` is set if it was the last one, which locks
 * the account unless the password turns out to be right. No row: the account is locked.
 */
export const takeAttempt = (
  db: Database,
  emailHash: string,
  { threshold, windowMs, lockMs }: Settings['lockout'],
  now: number,
) => {
  const { failedAt, lockedUntil } = loginFailures
  // A lock that is over has used up the failures before it.
  const recent = sql`SELECT value FROM json_each(${failedAt}) WHERE value > ${now - windowMs} AND ${lockedUntil} IS NULL`
  const locks = sql`(SELECT count(*) + 1 FROM (${recent})) >= ${threshold}`
  const lockEnd = now + lockMs
  const windowEnd = now + windowMs
  return db
    .insert(loginFailures)
    .values({
      emailHash,
      failedAt: JSON.stringify([now]),
      lockedUntil: threshold === 1 ? lockEnd : null,
      expiresAt: threshold === 1 ? lockEnd : windowEnd,
    })
    .onConflictDoUpdate({
      target: loginFailures.emailHash,
      set: {
        failedAt: sql`(SELECT json_group_array(value) FROM (${recent} UNION ALL SELECT ${now}))`,
        lockedUntil: sql`CASE WHEN ${locks} THEN ${lockEnd} END`,
        expiresAt: sql`CASE WHEN ${locks} THEN ${lockEnd} ELSE ${windowEnd} END`,
      },
      setWhere: or(isNull(lockedUntil), lte(lockedUntil, now)),
    })
    .returning({ lockedUntil })
}

/**
 * The query that takes an attempt back whose outcome is neither a failure nor a whole login: a right password before a
 * second factor. The other failures stay, and so does a lock that they are enough for.
 */
export const takeBackAttempt = (
  db: Database,
  emailHash: string,
  { threshold, windowMs }: Settings['lockout'],
  attemptedAt: number,
) => {
  const { failedAt, lockedUntil, expiresAt } = loginFailures
  const one = sql`(SELECT min(key) FROM json_each(${failedAt}) WHERE value = ${attemptedAt})`
  const others = sql`SELECT value FROM json_each(${failedAt}) WHERE key IS NOT ${one}`
  return db
    .update(loginFailures)
    .set({
      failedAt: sql`(SELECT json_group_array(value) FROM (${others}))`,
      lockedUntil: sql`CASE WHEN (SELECT count(*) FROM (${others})) >= ${threshold} THEN ${lockedUntil} END`,
      expiresAt: sql`max(${expiresAt}, ${attemptedAt + windowMs})`,
    })
    .where(eq(loginFailures.emailHash, emailHash))
    .returning({ lockedUntil })
}

/** The query for the lock of an account, over or not. */
export const lockOf = (db: Database, emailHash: string) =>
  db
    .select({ lockedUntil: loginFailures.lockedUntil })
    .from(loginFailures)
    .where(eq(loginFailures.emailHash, emailHash))

/** The query that forgets an account's failures, and its lock with them; it gives that lock, for KV to forget too. */
export const forgetFailures = (db: Database, emailHash: string) =>
  db
    .delete(loginFailures)
    .where(eq(loginFailures.emailHash, emailHash))
    .returning({ lockedUntil: loginFailures.lockedUntil })

/** Whole seconds until a lock ends, for `Retry-After`. */
export const secondsUntil = (lockedUntil: number, now: number) =>
  `${Math.max(1, Math.ceil((lockedUntil - now) / 1000))}`

/**
 * The lock that KV knows of. That is enough to refuse, and costs D1 nothing: after an unlock a location may go on
 * refusing for as long as KV is late there, a minute or so. It is never needed to refuse: where KV does not know yet,
 * or cannot be read, D1 says no.
 */
export async function mirroredLock(
  kv: Env['KEYS'],
  emailHash: string,
  now: number,
): Promise<MirroredLock | undefined> {
  try {
    const lock = await kv.get<MirroredLock>(lockoutName(emailHash), 'json')
    return lock && lock.locked_until > now ? lock : undefined
  } catch (error) {
    logFailure({ kv: 'lockout' }, error)
    return undefined
  }
}

/**
 * Lets KV know of a lock that D1 decided on, unless it is over again: another of the attempts that ran at the same
 * time may have had the right password. KV is written first and D1 asked after, and those who unlock do it the other
 * way round, so whichever comes last finds what the other did. Resolves with whether the lock stands.
 */
export async function mirrorLock(
  { db, kv }: Pick<Stores, 'db' | 'kv'>,
  emailHash: string,
  lock: MirroredLock,
  now: number,
): Promise<boolean> {
  const expirationTtl = Math.max(KV_MIN_TTL_SECONDS, Number(secondsUntil(lock.locked_until, now)))
  await kv.put(lockoutName(emailHash), JSON.stringify(lock), { expirationTtl })
  const [standing] = await lockOf(db, emailHash)
  const stands = standing?.lockedUntil === lock.locked_until
  if (!stands) await unmirrorLock(kv, emailHash)
  return stands
}

/**
 * Lets KV know that an account is not locked any more; after D1 does. Tries again for a while, because KV takes one
 * write a second for each name, and a lock that stayed there would keep its owner out until it ends.
 */
async function unmirrorLock(kv: Env['KEYS'], emailHash: string): Promise<void> {
  for (const wait of UNMIRROR_WAITS_MS) {
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    try {
      return await kv.delete(lockoutName(emailHash))
    } catch (error) {
      logFailure({ kv: 'lockout' }, error)
    }
  }
}

/** Lets KV know if failures that D1 forgot held a lock; undefined if there is nothing to tell. */
export const unmirrorForgotten = (
  kv: Env['KEYS'],
  emailHash: string,
  forgotten: { lockedUntil: number | null }[],
): Promise<void> | undefined =>
  forgotten.some(({ lockedUntil }) => lockedUntil !== null) ? unmirrorLock(kv, emailHash) : undefined

/** Removes failures that cannot add up to anything any more. */
export const purgeFailures = (db: Database, now: number) =>
  db.delete(loginFailures).where(lte(loginFailures.expiresAt, now))
