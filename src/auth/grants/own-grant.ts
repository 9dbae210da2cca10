import { and, eq } from 'drizzle-orm'
import { accessGrants } from '../../db/schema/grants.ts'
import type { RequestFacts } from '../../http/context.ts'
import type { CustomerScope } from '../customer-scope.ts'
import { noteGrant } from './grant-object.ts'

/**
 * Notes the grant that a customer's request is about as staff know it, in the round trip that asks who may: the path
 * has the uid that the customer knows it by, and whoever looks for a grant in the trail is to find what has begun.
 */
export async function noteOwnGrant({ db, uid, read }: CustomerScope, facts: RequestFacts): Promise<void> {
  const { found } = await read({
    found: db
      .select({ id: accessGrants.id, mode: accessGrants.mode })
      .from(accessGrants)
      .where(and(eq(accessGrants.customerUid, uid), eq(accessGrants.uid, facts.target?.id ?? ''))),
  })
  if (found[0]) noteGrant(facts, { ...found[0], customer_uid: uid })
}
