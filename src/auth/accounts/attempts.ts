import { setChanges } from '../../audit/recording/changes.ts'
import { AppError } from '../../errors.ts'
import type { RequestFacts } from '../../http/context.ts'
import { HEADERS } from '../../http/headers.ts'
import type { Stores } from '../../http/stores.ts'
import { secondsUntil } from './lockout.ts'
import { announceLock, LOCKED } from './unlock-link.ts'

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
export const lockedOut = (lockedUntil: number, now: number) =>
  new AppError('throttled', { headers: { [HEADERS.RETRY_AFTER]: secondsUntil(lockedUntil, now) } })
