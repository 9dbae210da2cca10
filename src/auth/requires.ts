import type { Context, MiddlewareHandler } from 'hono'
import type { Recording } from '../audit/recording/recorded.ts'
import { once } from '../base/once.ts'
import type { Statements } from '../db/batch.ts'
import type { Reader } from '../db/reader.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { setTarget } from '../http/context.ts'
import { declares } from '../http/declared.ts'
import type { AdminActor, SessionActor } from './actor.ts'
import type { Authority } from './authority.ts'
import type { AdminEnv, StaffCaller } from './callers/identify-admin.ts'
import { noteActor, onRecord, type RequestInHand, recordingOf } from './on-record.ts'
import { isGivenBy, type Owed, type Permission, ruleOf, type SessionPermission } from './permissions.ts'
import { type Reach, reachUnder } from './reach.ts'

/** The context of a route that needs a permission. */
export interface ActorEnv<Actor extends AdminActor = AdminActor> extends AdminEnv {
  Variables: AdminEnv['Variables'] & { actor: Actor; reach: Reach }
}

/** The context of a route that reads, and gives the same answer to everyone who may. */
interface ReaderEnv extends AdminEnv {
  Variables: AdminEnv['Variables'] & { reader: Reader }
}

type ActorWith<P extends Permission> = P extends SessionPermission ? SessionActor : AdminActor

/**
 * Declares the permission a route needs, and keeps the record of what is done with it.
 * @throws AppError session_invalid, password_change_required, forbidden, ip_refused, reason_missing, reason_invalid,
 * scope_insufficient, audit_unavailable
 */
export function requires<P extends Permission>(permission: P): MiddlewareHandler<ActorEnv<ActorWith<P>>> {
  return declaresPermission(permission, (c, next) => {
    const permitted = once(async () => {
      const caller = await c.var.authority.verify()
      identify(c, caller, permission)
      const actor = permittedActor(caller, permission) as ActorWith<P>
      c.set('actor', actor)
      c.set('reach', reachUnder(ruleOf(permission), actor))
    })
    const recording = recordingUnder(permission, c)
    return onRecord(c, { recording, authorize: permitted, ridesAlong: false }, next)
  })
}

/**
 * Declares the same of a route whose answer does not depend on who reads it. Its queries, put through `reader`, share a
 * round trip with the question of who that is.
 * @throws AppError as `requires` does
 */
export function requiresToRead(permission: Permission): MiddlewareHandler<ReaderEnv> {
  return declaresPermission(permission, (c, next) => {
    const { authority } = c.var
    const permitted = once(async () => {
      const caller = await authority.verify()
      identify(c, caller, permission)
      permittedActor(caller, permission)
    })
    c.set('reader', permittedReader(authority, permission, permitted))
    const recording = recordingUnder(permission, c)
    return onRecord(c, { recording, authorize: permitted, ridesAlong: !authority.isAsked }, next)
  })
}

const declaresPermission = <Handler extends MiddlewareHandler>(permission: Permission, handler: Handler) =>
  declares({ kind: 'admin', permission, scope: ruleOf(permission).scopes?.[0] }, handler)

/** The way to the data for who is permitted. `permitted` throws the refusal. */
const permittedReader = (
  authority: Authority<Statements, StaffCaller>,
  permission: Permission,
  permitted: () => Promise<unknown>,
): Reader => ({
  db: authority.db,
  verify: permitted,
  async read(queries) {
    const rows = await authority.read(queries)
    await permitted()
    return rows
  },
  renewed() {
    const again = authority.renewed()
    return permittedReader(again, permission, async () => permittedActor(await again.verify(), permission))
  },
})

function recordingUnder(permission: Permission, c: Context): Recording {
  const recording = recordingOf(c)
  return recording === 'change' || ruleOf(permission).recordsReads ? recording : 'refusal'
}

/** @throws AppError session_invalid, or what refuses the caller */
function permittedActor({ actor, refusal }: StaffCaller, permission: Permission): AdminActor {
  if (!actor) throw new AppError('session_invalid')
  const refused = refusal ?? refusalOf(actor, permission)
  if (refused) throw refused
  return actor
}

/**
 * Declares that a registered client may call without anybody being logged in. What comes of it is on record before
 * the answer leaves.
 * @throws AppError scope_insufficient (a key is no client), audit_unavailable
 */
export function requiresClient(): MiddlewareHandler<AdminEnv> {
  return declares({ kind: 'client' }, (c, next) => {
    const authorize = async () => {
      const { actor } = await c.var.authority.verify()
      if (actor?.via !== 'api_key') return
      noteActor(c, actor)
      throw new AppError('scope_insufficient')
    }
    return onRecord(c, { recording: 'read', authorize, ridesAlong: false }, next)
  })
}

function identify(c: RequestInHand, { actor }: StaffCaller, permission: Permission): void {
  if (!actor) return
  noteActor(c, actor)
  const { target } = ruleOf(permission)
  const [id] = Object.values(c.req.param() as Record<string, string>)
  if (target !== undefined && id !== undefined) setTarget(c.var.facts, target, id)
}

/** The refusals of sessions that owe something. */
const REFUSAL_OF: Record<Owed, ErrorCode> = { password_change: 'password_change_required' }

function refusalOf(actor: AdminActor, permission: Permission): AppError | undefined {
  const rule = ruleOf(permission)
  if (actor.via === 'api_key') {
    const reaches = !rule.ofAllCustomers || actor.customers === null
    return isGivenBy(rule, actor.scopes) && reaches ? undefined : new AppError('scope_insufficient')
  }
  const owed = actor.owes.find((each) => !rule.mayOwe?.includes(each))
  if (owed) return new AppError(REFUSAL_OF[owed])
  return rule.roles.includes(actor.role) ? undefined : new AppError('forbidden')
}
