import type { Context, MiddlewareHandler } from 'hono'
import { Act } from '../audit/recording/act.ts'
import { type Recording, recorded } from '../audit/recording/recorded.ts'
import { once } from '../base/once.ts'
import type { Statements } from '../db/batch.ts'
import type { Reader } from '../db/reader.ts'
import { AppError } from '../errors.ts'
import { declares } from '../http/declared.ts'
import { isWrite, streamsAnswer } from '../http/routing.ts'
import { type AdminActor, reachOf, recordedActor, type SessionActor } from './actor.ts'
import type { Authority } from './authority.ts'
import type { AdminEnv, StaffCaller } from './callers/identify-admin.ts'
import { recordedReason } from './callers/key-limits.ts'
import { isGivenBy, type Permission, ruleOf, type SessionPermission } from './permissions.ts'

interface RecordedEnv extends AdminEnv {
  Variables: AdminEnv['Variables'] & { act: Act }
}

/** What a route has that needs a permission. */
export interface ActorEnv<Actor extends AdminActor = AdminActor> extends RecordedEnv {
  Variables: RecordedEnv['Variables'] & { actor: Actor }
}

/** What a route has that reads, and answers everyone who may the same. */
interface ReaderEnv extends AdminEnv {
  Variables: AdminEnv['Variables'] & { reader: Reader }
}

type ActorWith<P extends Permission> = P extends SessionPermission ? SessionActor : AdminActor

/**
 * Declares the permission a route needs, and keeps the record of what is done with it. `targetType` is what the path's
 * first parameter names.
 * @throws AppError session_invalid, password_change_required, forbidden, ip_refused, reason_missing, reason_invalid,
 * scope_insufficient, audit_unavailable
 */
export function requires<P extends Permission>(
  permission: P,
  targetType?: string,
): MiddlewareHandler<ActorEnv<ActorWith<P>>> {
  return declaresPermission(permission, (c, next) => {
    const act = new Act(c)
    c.set('act', act)
    const recording = recordingOf(c, permission)
    const permitted = once(async () => {
      const caller = await c.var.authority.verify()
      identify(c, act, caller, recording, targetType)
      c.set('actor', permittedActor(caller, permission) as ActorWith<P>)
    })
    return recorded(c, { act, recording, authorize: permitted, ridesAlong: false, run: next })
  })
}

/**
 * Declares the same of a route whose answer does not depend on who reads it. Its queries, put through `reader`, share a
 * round trip with the question of who that is.
 * @throws AppError as `requires` does
 */
export function requiresToRead(permission: Permission, targetType?: string): MiddlewareHandler<ReaderEnv> {
  return declaresPermission(permission, (c, next) => {
    const { authority } = c.var
    const act = new Act(c)
    const recording = recordingOf(c, permission)
    const permitted = once(async () => {
      const caller = await authority.verify()
      identify(c, act, caller, recording, targetType)
      permittedActor(caller, permission)
    })
    c.set('reader', permittedReader(authority, permission, permitted))
    return recorded(c, { act, recording, authorize: permitted, ridesAlong: !authority.isAsked, run: next })
  })
}

const declaresPermission = <Handler extends MiddlewareHandler>(permission: Permission, handler: Handler) =>
  declares({ kind: 'admin', permission, scope: ruleOf(permission).scope }, handler)

/** The way to the data for who is permitted. `permitted` throws the refusal. */
const permittedReader = (
  authority: Authority<Statements, StaffCaller>,
  permission: Permission,
  permitted: () => Promise<unknown>,
): Reader => ({
  db: authority.db,
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

function recordingOf(c: Context, permission: Permission): Recording {
  if (isWrite(c)) return 'change'
  if (!ruleOf(permission).recordsReads) return 'refusal'
  return streamsAnswer(c) ? 'stream' : 'read'
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
export function requiresClient(): MiddlewareHandler<RecordedEnv> {
  return declares({ kind: 'client' }, (c, next) => {
    const act = new Act(c)
    c.set('act', act)
    c.header('X-Audit-Id', act.id)
    const authorize = async () => {
      const { actor } = await c.var.authority.verify()
      if (actor?.via !== 'api_key') return
      identify(c, act, { actor }, 'read')
      throw new AppError('scope_insufficient')
    }
    return recorded(c, { act, recording: 'read', authorize, ridesAlong: false, run: next })
  })
}

function identify(
  c: Context,
  act: Act,
  { actor }: StaffCaller,
  recording: Recording,
  targetType?: string,
): void {
  if (!actor) return
  act.actor = recordedActor(actor)
  act.reason = recordedReason(c.req.raw.headers)
  const [targetId] = Object.values(c.req.param() as Record<string, string>)
  if (targetType !== undefined && targetId !== undefined) act.about(targetType, targetId)
  if (recording !== 'refusal') c.header('X-Audit-Id', act.id)
}

function refusalOf(actor: AdminActor, permission: Permission): AppError | undefined {
  const rule = ruleOf(permission)
  if (actor.via === 'api_key') {
    const reaches = !rule.ofAllCustomers || reachOf(actor) === null
    return isGivenBy(rule, actor.scopes) && reaches ? undefined : new AppError('scope_insufficient')
  }
  if (actor.passwordPending && !rule.withPendingPassword) return new AppError('password_change_required')
  return rule.roles.includes(actor.role) ? undefined : new AppError('forbidden')
}
