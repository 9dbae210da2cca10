import { and, eq, exists, isNull, type SQL } from 'drizzle-orm'
import type { AdminAccount } from '../../auth/accounts/account.ts'
import { emailHashOf } from '../../auth/accounts/account.ts'
import { forgetFailures, unmirrorForgotten } from '../../auth/accounts/lockout.ts'
import { creationTime } from '../../auth/callers/revocation.ts'
import { type Factor, newSession, type SessionHolder } from '../../auth/callers/session.ts'
import { inOneTrip, type Statements } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { onlyIf, unlessUnmet } from '../../db/condition.ts'
import { adminSessions, admins } from '../../db/schema/staff.ts'
import type { RequestFacts } from '../../http/context.ts'
import type { Stores } from '../../http/stores.ts'

/** A login under way. */
export interface LoginCall {
  stores: Stores
  /** Where whose account it is gets noted, however the login ends. */
  facts: RequestFacts
  /** Who will keep the token. */
  holder: SessionHolder
  now: number
}

export interface Login {
  token: string
  expiresAt: number
  account: AdminAccount
  factors: Factor[]
}

/** What a session is opened on. */
interface Opening {
  factors: Factor[]
  /** Has to hold when it is opened, beside that nothing happened to the account. */
  condition?: SQL | undefined
  /** What happens together with it, only if it is opened. */
  statements?: Statements
}

/**
 * Opens a session and forgets the failures before it, in one round trip. Returns undefined, and changes nothing, if the
 * account was disabled or its credentials were revoked meanwhile, or the condition does not hold.
 */
export async function openSession(
  { stores: { db, kv, later }, holder, now }: Pick<LoginCall, 'stores' | 'holder' | 'now'>,
  account: AdminAccount,
  { factors, condition, statements }: Opening,
): Promise<Login | undefined> {
  const { token, row } = newSession(account.id, creationTime(account, now), holder, {
    factors,
    provenAt: now,
  })
  const emailHash = emailHashOf(account.email)
  const done = await unlessUnmet(
    inOneTrip(db, {
      only: onlyIf(db, and(isUnchanged(db, account), condition)),
      ...statements,
      session: db.insert(adminSessions).values(row),
      login: db.update(admins).set({ lastLoginAt: now }).where(eq(admins.id, account.id)),
      forgotten: forgetFailures(db, emailHash),
    }),
  )
  if (!done) return undefined
  // Attempts that ran at the same time may have locked the account, and KV may know of it.
  later('unmirror_lock', unmirrorForgotten(kv, emailHash, done.forgotten))
  return {
    token,
    expiresAt: row.expiresAt,
    account: { ...account, lastLoginAt: now, lockedUntil: null },
    factors,
  }
}

/** The condition that an account was neither disabled nor had its credentials revoked since it was read. */
export const isUnchanged = (
  db: Database,
  { id, credentialsValidFrom }: AdminAccount,
  passwordHash?: string,
): SQL =>
  exists(
    db
      .select({ id: admins.id })
      .from(admins)
      .where(
        and(
          eq(admins.id, id),
          isNull(admins.disabledAt),
          eq(admins.credentialsValidFrom, credentialsValidFrom),
          passwordHash === undefined ? undefined : eq(admins.passwordHash, passwordHash),
        ),
      ),
  )
