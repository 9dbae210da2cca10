import { setChanges } from '../../audit/recording/changes.ts'
import { groupsInOneTrip, type Results, type Statements } from '../../db/batch.ts'
import { AppError, orUnavailable } from '../../errors.ts'
import type { RequestFacts } from '../../http/context.ts'
import { HEADERS } from '../../http/headers.ts'
import type { Stores } from '../../http/stores.ts'
import { lockOf, secondsUntil, takeAttempt } from './lockout.ts'
import { announceLock, LOCKED } from './unlock-link.ts'

/** An attempt to prove who one is. */
interface Attempt {
  /** Whether it may be compared: the account is not locked. */
  isAllowed: boolean
  /** Until when the account is locked, of an attempt that is allowed unless it turns out right; null: it is not. */
  lockedUntil: number | null
}

/**
 * Takes an attempt (see `takeAttempt`) in the round trip that reads what it is compared with. Returns it beside what the
 * queries found.
 * @throws AppError dependency_unavailable
 */
export async function attemptWith<const Queries extends Statements>(
  { db, settings }: Pick<Stores, 'db' | 'settings'>,
  emailHash: string,
  queries: Queries,
  now: number,
): Promise<Results<Queries> & { attempt: Attempt }> {
  const taking = {
    attempts: takeAttempt(db, emailHash, settings.lockout, now),
    locks: lockOf(db, emailHash),
  }
  const [{ attempts, locks }, found] = await orUnavailable(groupsInOneTrip(db, [taking, queries]))
  const [taken] = attempts
  const { lockedUntil } = taken ?? locks[0] ?? { lockedUntil: null }
  return { ...found, attempt: { isAllowed: taken !== undefined, lockedUntil } }
}

/** Whom an attempt was about; null: nobody has this email. */
export interface Attempted {
  emailHash: string
  adminId: number | null
}

/** Notes that an attempt was one too many, if it was, and announces the lock. */
export function noteFailure(
  stores: Stores,
  facts: RequestFacts,
  { emailHash, adminId }: Attempted,
  lockedUntil: number | null,
  now: number,
): void {
  if (lockedUntil === null) return
  if (adminId !== null) setChanges(facts, 'admin', LOCKED)
  const lock = { locked_until: lockedUntil, admin_id: adminId }
  stores.later('announce_lock', announceLock(stores, emailHash, lock, now))
}

/** The one refusal of all logins. `because` is for the log alone. */
export const loginRefused = (lockedUntil: number | null, now: number, because?: string) =>
  new AppError('login_invalid', {
    because,
    details: { locked: lockedUntil !== null },
    headers: lockedUntil === null ? {} : { [HEADERS.RETRY_AFTER]: secondsUntil(lockedUntil, now) },
  })

/** The refusal of somebody who is logged in, and whose account is locked. */
export const lockedOut = (lockedUntil: number | null, now: number) =>
  new AppError('throttled', { headers: { [HEADERS.RETRY_AFTER]: secondsUntil(lockedUntil ?? now, now) } })
