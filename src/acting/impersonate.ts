import type { Context } from 'hono'
import type { ApiKeyActor } from '../auth/actor.ts'
import { type ClaimedKey, claimAdminKey } from '../auth/callers/admin-key.ts'
import type { Credentials } from '../auth/callers/credentials.ts'
import { customerScope } from '../auth/customer-scope.ts'
import { authorityOfKey, type KeyAuthority, noteKeyUse } from '../auth/key-authority.ts'
import { noteActor, onRecord, recordingOf, retractActor } from '../auth/on-record.ts'
import { type CustomerEnv, isOwnKeyOnly } from '../auth/requires-customer.ts'
import { uidOrNull } from '../http/fields/values.ts'
import { isWrite } from '../http/routing.ts'
import { inBackground } from '../log.ts'
import { checkActing } from './checks.ts'

type Claim = Extract<Credentials, { kind: 'impersonation' }>
type CustomerContext = Context<CustomerEnv>

/**
 * Lets an admin key act for the customer it names, through the customer's own endpoints, and puts it on record.
 * Without a valid key nothing is recorded, for nobody is known to have asked.
 */
export async function impersonate(
  c: CustomerContext,
  claim: Claim,
  next: () => Promise<void>,
): Promise<void> {
  const claimed = await claimKey(c, claim)
  let used: KeyAuthority | undefined
  const authority = authorityOf(c, claim, claimed, {
    note(actor, key) {
      noteActor(c, actor)
      used = key
    },
    retract() {
      retractActor(c)
      used = undefined
    },
  })
  /** What is wrong with the headers of a call is told whether or not its key is live. */
  const orMalformed = async (verdict: Promise<unknown>) => {
    try {
      await verdict
    } catch (error) {
      throw used ? error : (claim.refusal ?? error)
    }
  }
  c.set('customer', customerScope(claim.customerUid, claimed.id, authority))
  const act = {
    recording: recordingOf(c),
    presume: () => orMalformed(authority.presume()),
    authorize: () => orMalformed(authority.verify()),
    ridesAlong: claim.refusal === undefined,
  }
  await onRecord(c, act, next).finally(() => {
    const { db, now } = c.var
    if (used) inBackground(c.executionCtx, 'note_key_use', noteKeyUse(db, claimed, used, now()))
  })
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
  known: { note(actor: ApiKeyActor, key: KeyAuthority): void; retract(): void },
) {
  const { facts } = c.var
  const uid = uidOrNull(claim.customerUid)
  const asked = {
    customerUid: claim.customerUid,
    mode: isWrite(c) ? 'write' : 'read',
    isOwnKeyOnly: isOwnKeyOnly(c),
    headers: c.req.raw.headers,
    malformed: claim.refusal,
  } as const
  return authorityOfKey(c.var, claimed, uid, {
    judge(actor, key) {
      facts.customerUid = uid
      known.note(actor, key)
      checkActing({ ...asked, actor, key })
    },
    retract: known.retract,
  })
}
