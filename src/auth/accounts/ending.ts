import { eq } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { accessGrants } from '../../db/schema/grants.ts'
import { adminApiKeys, adminSessions } from '../../db/schema/staff.ts'
import { revokeCustomerKeysBy, revokeKeys } from '../callers/revocation.ts'
import { endSessions } from '../callers/session.ts'
import { endLoginsOf } from '../factors/login-tokens.ts'
import { endOf } from '../grants/ends.ts'

/**
 * Returns the statements that end every session, API key and grant that an account ever made. They stand in the
 * transaction that refuses all of it by the time it was made: that holds for what a clock that is behind makes later.
 */
export const endAllOf = (db: Database, adminId: number, endedBy: number, now: number) => ({
  keys: revokeKeys(db, eq(adminApiKeys.adminId, adminId), now),
  customerKeys: revokeCustomerKeysBy(db, adminId, now),
  grants: endOf(db, eq(accessGrants.adminId, adminId), { by: 'staff', adminId: endedBy }, now),
  logins: endLoginsOf(db, [adminId]),
  sessions: endSessions(db, eq(adminSessions.adminId, adminId), now).sessions,
})
