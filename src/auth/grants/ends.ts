import { and, inArray, isNotNull, type SQL } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { accessGrants } from '../../db/schema/grants.ts'
import { adminApiKeys } from '../../db/schema/staff.ts'
import { revokeKeys } from '../callers/revocation.ts'
import { grantColumns, isLiveGrant } from './status.ts'

/** Who ends a grant. */
export type Ender = { by: 'customer' } | { by: 'staff'; adminId: number }

/**
 * Returns the statement that ends what is going on or asked for, of the grants that the condition finds. Their keys are
 * refused from then on.
 */
export const endOf = (db: Database, which: SQL | undefined, ender: Ender, now: number) =>
  db
    .update(accessGrants)
    .set({
      endedAt: now,
      endedBy: ender.by,
      endedByAdminId: ender.by === 'staff' ? ender.adminId : null,
    })
    .where(and(which, isLiveGrant(now)))
    .returning(grantColumns(now))

/** Returns the statement that revokes the keys of ended grants, and gives the hashes that KV still knows. */
export const revokeKeysOfEnded = (db: Database, which: SQL | undefined, now: number) => {
  const ended = db
    .select({ id: accessGrants.id })
    .from(accessGrants)
    .where(and(which, isNotNull(accessGrants.endedAt)))
  return revokeKeys(db, inArray(adminApiKeys.grantId, ended), now)
}
