import type { Context } from 'hono'
import { Act } from '../audit/act.ts'
import { recordedActor } from '../auth/actor.ts'
import {
  type ClaimedKey,
  claimAdminKey,
  type KeyAuthority,
  keyActor,
  keyAuthority,
  liveKey,
  noteKeyUse,
} from '../auth/admin-api-key.ts'
import { Authority } from '../auth/authority.ts'
import type { Credentials } from '../auth/credentials.ts'
import { customerScope } from '../auth/customer-scope.ts'
import { limitRefusal, recordedReason } from '../auth/key-limits.ts'
import type { Scope } from '../auth/permissions.ts'
import type { CustomerEnv } from '../auth/requires-customer.ts'
import { AppError } from '../errors.ts'
import { isWrite } from '../http/routing.ts'
import { uidOrNull } from '../http/schemas.ts'
import { inBackground } from '../log.ts'

type Claim = Extract<Credentials, { kind: 'impersonation' }>
type CustomerContext = Context<CustomerEnv>

/**
 * Lets an admin key act for the customer it names, through the customer's own endpoints, and puts it on record: of a
 * write `received` before the endpoint runs and `completed` after, of a read or a refusal `completed` before anything
 * leaves. Without a valid key nothing is recorded, for nobody is known to have asked.
 * @throws AppError key_invalid, ip_refused, reason_missing, reason_invalid, scope_insufficient, customer_unknown,
 * customer_inactive, audit_unavailable
 */
export async function impersonate(
  c: CustomerContext,
  claim: Claim,
  next: () => Promise<void>,
): Promise<void> {
  const claimed = await claimKey(c, claim)
  const act = new Act(c)
  let live: KeyAuthority | undefined
  const authority = authorityOf(c, claim, claimed, act, (key) => {
    live = key
  })
  try {
    if (claim.refusal || isWrite(c)) await authority.verify()
    if (isWrite(c)) await act.received()
    c.set('customer', customerScope(claim.customerUid, authority))
    await next()
    await authority.verify()
  } catch (error) {
    // Only a valid key gives the act an actor.
    if (act.actor.type === 'anonymous') throw claim.refusal ?? error
    if (!(error instanceof AppError)) await act.completed(500, 'error')
    else if (error.code !== 'audit_unavailable') await act.completed(error.status, 'refused')
    throw error
  } finally {
    if (live) inBackground(c.executionCtx, 'note_key_use', noteKeyUse(c.var.db, claimed, live, c.var.now()))
  }
  await act.completed(c.res.status)
}

/** A call that breaks the header rules gets that answer whether or not its key exists. */
async function claimKey(c: CustomerContext, { key, refusal }: Claim): Promise<ClaimedKey> {
  try {
    return await claimAdminKey(c.env, key)
  } catch (error) {
    throw refusal ?? error
  }
}

function authorityOf(
  c: CustomerContext,
  claim: Claim,
  claimed: ClaimedKey,
  act: Act,
  onLive: (key: KeyAuthority) => void,
) {
  const customerUid = uidOrNull(claim.customerUid)
  return new Authority(c.var.db, {
    queries: [keyAuthority(c.var.db, claimed.id, customerUid, c.var.now())],
    judge([[row]]) {
      const key = liveKey(claimed, row)
      const actor = keyActor(claimed, key)
      act.actor = recordedActor(actor)
      act.customerUid = customerUid
      Object.assign(c.var.facts, { adminId: actor.adminId, apiKeyId: actor.apiKeyId, customerUid })
      act.reason = recordedReason(c.req.raw.headers)
      c.header('X-Audit-Id', act.id)
      onLive(key)
      const refusal = claim.refusal ?? limitRefusal(key, c.req.raw.headers)
      if (refusal) throw refusal
      checkScope(actor.scopes, isWrite(c))
      checkCustomer(key, claim.customerUid)
    },
  })
}

function checkScope(scopes: readonly Scope[], writing: boolean): void {
  const covered = scopes.includes('customers:write') || (!writing && scopes.includes('customers:read'))
  if (!covered) throw new AppError('scope_insufficient')
}

/** A customer outside the key's set and one that does not exist are one answer. */
function checkCustomer({ customers, customerStatus }: KeyAuthority, uid: string): void {
  if (customerStatus === null || (customers !== null && !customers.includes(uid)))
    throw new AppError('customer_unknown')
  if (customerStatus !== 'active') throw new AppError('customer_inactive')
}
