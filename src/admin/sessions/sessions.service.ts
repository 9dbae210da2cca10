import { and, count, eq, lte, type SQL } from 'drizzle-orm'
import * as z from 'zod'
import type { AdminAccount } from '../../auth/accounts/account.ts'
import type { SessionActor } from '../../auth/actor.ts'
import { forgetKeys } from '../../auth/callers/admin-key.ts'
import { endSessions, isLive } from '../../auth/callers/session.ts'
import { endLoginsOf } from '../../auth/factors/login-tokens.ts'
import { once } from '../../base/once.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { paged, sortKey } from '../../db/paging.ts'
import { adminSessions } from '../../db/schema/staff.ts'
import { orUnknown } from '../../errors.ts'
import { timestamp } from '../../http/envelopes.ts'
import { textValue, timeValue } from '../../http/fields/values.ts'
import { type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'
import type { Stores } from '../../http/stores.ts'
import { adminIdOf, adminOrUnknown, selectAccount } from '../accounts/accounts.service.ts'

type Row = typeof adminSessions.$inferSelect
type Own = Pick<SessionActor, 'adminId' | 'sessionId'>

/** A session as its owner sees it. */
export const sessionObject = once(() =>
  z
    .object({
      id: textValue('ses_4fJq0ZkPz7Xn2wB9sVtYcD'),
      current: z.boolean(),
      created_at: timeValue(),
      last_seen_at: timeValue(),
      expires_at: timeValue(),
    })
    .meta({ id: 'LiveSession' }),
)
export type Session = z.infer<ReturnType<typeof sessionObject>>

const BY_AGE = sortKey({ createdAt: adminSessions.createdAt, id: adminSessions.id })

/** Returns the live sessions of an admin by age. */
export async function listSessions(
  db: Database,
  { adminId, sessionId }: Own,
  query: PageQuery,
  now: number,
): Promise<Page<Session>> {
  const page = pageRequest(query, BY_AGE)
  const matching = and(eq(adminSessions.adminId, adminId), isLive(now))
  const { rows, total } = await inOneTrip(db, {
    rows: paged(db.select().from(adminSessions).$dynamic(), BY_AGE, page, matching),
    total: db.select({ rows: count() }).from(adminSessions).where(matching),
  })
  return pageOf(rows, total[0]?.rows ?? 0, page, BY_AGE, (row) => presentSession(row, sessionId))
}

/**
 * Ends a session of the admin, also the one of the request, and the keys of grants that it got.
 * @throws AppError session_unknown, also if it is somebody else's
 */
export async function endOwnSession(
  stores: Pick<Stores, 'db' | 'kv' | 'later'>,
  { adminId }: Pick<Own, 'adminId'>,
  id: string,
  now: number,
): Promise<void> {
  const [ended] = await end(stores, and(eq(adminSessions.id, id), eq(adminSessions.adminId, adminId)), now)
  orUnknown(ended, 'session_unknown')
}

/**
 * Ends every session of an admin. Returns the account.
 * @throws AppError admin_unknown
 */
export async function endAllSessions(
  { db, kv, later }: Pick<Stores, 'db' | 'kv' | 'later'>,
  id: string,
  now: number,
): Promise<AdminAccount> {
  const { account, keys } = await inOneTrip(db, {
    account: selectAccount(db, id),
    ...endSessions(db, eq(adminSessions.adminId, adminIdOf(id)), now),
    logins: endLoginsOf(db, [adminIdOf(id)]),
  })
  later('forget_keys', forgetKeys(kv, keys))
  return adminOrUnknown(account[0], id)
}

async function end(
  { db, kv, later }: Pick<Stores, 'db' | 'kv' | 'later'>,
  which: SQL | undefined,
  now: number,
) {
  const { keys, sessions } = await inOneTrip(db, endSessions(db, which, now))
  later('forget_keys', forgetKeys(kv, keys))
  return sessions
}

/** Deletes expired sessions. */
export async function forgetEndedSessions(db: Database, now: number): Promise<void> {
  await db.delete(adminSessions).where(lte(adminSessions.expiresAt, now))
}

const presentSession = (row: Row, currentId: string): Session => ({
  id: row.id,
  current: row.id === currentId,
  created_at: timestamp(row.createdAt),
  last_seen_at: timestamp(row.lastSeenAt),
  expires_at: timestamp(row.expiresAt),
})
