import { and, eq, isNull, or, type SQL } from 'drizzle-orm'
import { forgetKeys } from '../../auth/callers/admin-key.ts'
import { decisionOn } from '../../auth/grants/decisions.ts'
import { endOf, revokeKeysOfEnded } from '../../auth/grants/ends.ts'
import { hashOfLink, isUsable, linkedBy, useUp } from '../../auth/grants/links.ts'
import { tellDecision } from '../../auth/grants/notices.ts'
import { type Grant, grantColumns, grantIs } from '../../auth/grants/status.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { customers } from '../../db/schema/customers.ts'
import { accessGrantLinks, accessGrants, type Decision } from '../../db/schema/grants.ts'
import { orUnavailable } from '../../errors.ts'
import type { Stores } from '../../http/stores.ts'
import { sayOf } from './consent.service.ts'

/** What a link is about, and good for. */
export interface Linked {
  tokenHash: string
  grant: Grant
  purpose: 'decide' | 'end'
  timezone: string
  /** Whether the customer lets nobody in: nothing can be approved then. */
  isClosed: boolean
}

/** Selects what a link is about, if it can still do what it is good for. */
const selectLinked = (db: Database, tokenHash: string, now: number) =>
  db
    .select({
      ...grantColumns(now),
      purpose: accessGrantLinks.purpose,
      timezone: customers.timezone,
      supportAccess: customers.supportAccess,
    })
    .from(accessGrantLinks)
    .innerJoin(accessGrants, eq(accessGrants.id, accessGrantLinks.grantId))
    .innerJoin(customers, eq(customers.uid, accessGrants.customerUid))
    .where(and(isUsable(tokenHash, now), or(isToDecide(now), isToEnd(now))))

const isToDecide = (now: number): SQL | undefined =>
  and(eq(accessGrantLinks.purpose, 'decide'), grantIs(now, 'pending'), isNull(accessGrants.customerDecision))

const isToEnd = (now: number): SQL | undefined =>
  and(eq(accessGrantLinks.purpose, 'end'), grantIs(now, 'active'))

/** Returns what a link is about; undefined if it is unknown, used or too old, or there is nothing left to do by it. */
export async function findLinked(db: Database, token: string, now: number): Promise<Linked | undefined> {
  const tokenHash = hashOfLink(token)
  if (tokenHash === undefined) return undefined
  const [found] = await orUnavailable(Promise.resolve(selectLinked(db, tokenHash, now)))
  if (!found) return undefined
  const { purpose, timezone, supportAccess, ...grant } = found
  return { tokenHash, grant, purpose, timezone, isClosed: supportAccess === 'closed' }
}

/**
 * Decides the request of a link, and has who asked told. Returns the grant before and after; undefined if the link does
 * not do that any more: it works once, and not past another decision.
 */
export async function decideByLink(stores: Stores, { tokenHash }: Linked, decision: Decision, now: number) {
  const { db, later } = stores
  const say = sayOf(decision)
  const { before, after } = await inOneTrip(db, {
    before: selectLinked(db, tokenHash, now),
    after: decisionOn(db, linkedBy(tokenHash, 'decide', now), say, now),
    used: useUp(db, tokenHash, now),
  })
  if (!before[0] || !after[0]) return undefined
  later('tell_decision', tellDecision(stores, after[0].id, say, now))
  return { before: before[0], after: after[0] }
}

/** Ends the access of a link: its keys are refused from the next request on. Returns the same. */
export async function endByLink(
  { db, kv, later }: Pick<Stores, 'db' | 'kv' | 'later'>,
  { tokenHash }: Linked,
  now: number,
) {
  const linked = linkedBy(tokenHash, 'end', now)
  const { before, after, keys } = await inOneTrip(db, {
    before: selectLinked(db, tokenHash, now),
    after: endOf(db, and(linked, grantIs(now, 'active')), { by: 'customer' }, now),
    keys: revokeKeysOfEnded(db, linked, now),
    used: useUp(db, tokenHash, now),
  })
  if (!before[0] || !after[0]) return undefined
  later('forget_keys', forgetKeys(kv, keys))
  return { before: before[0], after: after[0] }
}
