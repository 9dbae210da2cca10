import type { Context, MiddlewareHandler } from 'hono'
import type { Recording } from '../audit/recording/recorded.ts'
import { once } from '../base/once.ts'
import type { Reader } from '../db/reader.ts'
import { AppError } from '../errors.ts'
import type { OperationParts } from '../http/annotations.ts'
import { setTarget } from '../http/context.ts'
import { declares } from '../http/declared.ts'
import type { AdminActor, SessionActor } from './actor.ts'
import type { Authority, Questions } from './authority.ts'
import { reasonHeader } from './callers/key-limits.ts'
import type { AdminEnv, StaffCaller } from './callers/staff-caller.ts'
import { noteActor, ON_RECORD, onRecord, type RequestInHand, recordingOf, retractActor } from './on-record.ts'
import { type Permission, type PermissionRule, ruleOf, type SessionPermission } from './permissions.ts'
import { permittedActor, refusalsUnder } from './permitted-actor.ts'
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

/** Declares the permission a route needs, and keeps the record of what is done with it. */
export function requires<P extends Permission>(permission: P): MiddlewareHandler<ActorEnv<ActorWith<P>>> {
  return declaresPermission(permission, (c, next) => {
    const permitted = once(async () => permit(c, await c.var.authority.verify(), permission))
    const recording = recordingUnder(permission, c)
    return onRecord(c, { recording, authorize: permitted, ridesAlong: false }, next)
  })
}

/**
 * Declares the same of a route that does nothing but by its transactions in `c.var.db`: the first of them holds the
 * proof of the permission, so that a change is one round trip.
 */
export function requiresToChange<P extends Permission>(
  permission: P,
): MiddlewareHandler<ActorEnv<ActorWith<P>>> {
  return declaresPermission(permission, (c, next) => {
    const { authority } = c.var
    let known: StaffCaller | undefined
    const permitted = (caller: StaffCaller) => {
      if (caller !== known) permit(c, caller, permission)
      known = caller
    }
    const authorize = async () => permitted(await authority.verify())
    const presume = async () => {
      try {
        permitted(await authority.presume())
      } catch {
        retractActor(c)
        await authorize()
      }
    }
    c.set('db', authority.changing(permitted))
    return onRecord(c, { recording: 'change', presume, authorize, ridesAlong: false }, next)
  })
}

/**
 * Declares the same of a route whose answer does not depend on who reads it. Its queries, put through `reader`, share a
 * round trip with the question of who that is.
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

function declaresPermission<Handler extends MiddlewareHandler>(permission: Permission, handler: Handler) {
  const rule = ruleOf(permission)
  return declares({ kind: 'admin', permission, scope: rule.scopes?.[0] }, () => operationUnder(rule), handler)
}

const operationUnder = (rule: PermissionRule): OperationParts => ({
  errors: [...refusalsUnder(rule), ...ON_RECORD.errors],
  security: [['client', 'session'], ['page', 'cookie'], ...(rule.scopes ? [['adminKey'] as const] : [])],
  requestHeaders: reasonHeader(),
  answerHeaders: ON_RECORD.answerHeaders,
})

/** The way to the data for who is permitted. `permitted` throws the refusal. */
const permittedReader = (
  authority: Authority<Questions, StaffCaller>,
  permission: Permission,
  permitted: () => Promise<unknown>,
): Reader => ({
  db: authority.db,
  async read(queries) {
    const rows = await authority.read(queries)
    await permitted()
    return rows
  },
  changing: () => authority.changing((caller) => void permittedActor(caller, permission)),
  renewed() {
    const again = authority.renewed()
    return permittedReader(again, permission, async () => permittedActor(await again.verify(), permission))
  },
})

function recordingUnder(permission: Permission, c: Context): Recording {
  const recording = recordingOf(c)
  return recording === 'change' || ruleOf(permission).recordsReads ? recording : 'refusal'
}

/**
 * Gives the rest of the chain the actor, and what it may touch.
 * @throws AppError what refuses the caller; dependency_unavailable if it may touch other things than a moment ago, when
 * a change was begun that must not go on with either
 */
function permit<P extends Permission>(
  c: Context<ActorEnv<ActorWith<P>>>,
  caller: StaffCaller,
  permission: P,
) {
  identify(c, caller, permission)
  const actor = permittedActor(caller, permission) as ActorWith<P>
  const reach = reachUnder(ruleOf(permission), actor)
  const { reach: before = reach } = c.var
  if (JSON.stringify(reach) !== JSON.stringify(before)) throw new AppError('dependency_unavailable')
  c.set('actor', actor)
  c.set('reach', reach)
}

function identify(c: RequestInHand, { actor }: StaffCaller, permission: Permission): void {
  if (!actor) return
  noteActor(c, actor)
  const { target } = ruleOf(permission)
  const [id] = Object.values(c.req.param() as Record<string, string>)
  if (target !== undefined && id !== undefined) setTarget(c.var.facts, target, id)
}
