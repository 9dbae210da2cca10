import type { MiddlewareHandler } from 'hono'
import { Act } from '../audit/act.ts'
import { AppError } from '../errors.ts'
import { isWrite } from '../http/routing.ts'
import { type AdminActor, recordedActor, type SessionActor } from './actor.ts'
import { declares } from './declared.ts'
import type { AdminEnv } from './identify-admin.ts'
import { type Permission, ruleOf, type SessionPermission } from './permissions.ts'

interface RecordedEnv extends AdminEnv {
  Variables: AdminEnv['Variables'] & { act: Act }
}

interface ActorEnv<Actor extends AdminActor> extends RecordedEnv {
  Variables: RecordedEnv['Variables'] & { actor: Actor }
}

type ActorWith<P extends Permission> = P extends SessionPermission ? SessionActor : AdminActor

/**
 * Declares the permission a route needs, and keeps the record of what is done with it: of a change `received` before
 * it runs and `completed` after, of a refusal `completed`.
 * @throws AppError session_invalid, password_change_required, forbidden, scope_insufficient, audit_unavailable
 */
export function requires<P extends Permission>(permission: P): MiddlewareHandler<ActorEnv<ActorWith<P>>> {
  return declares({ kind: 'admin', permission }, async (c, next) => {
    const actor = c.var.caller
    if (!actor) throw new AppError('session_invalid')
    const act = new Act(c)
    act.actor = recordedActor(actor)
    const refusal = refusalOf(actor, permission)
    if (refusal) {
      await act.completed(refusal.status)
      throw refusal
    }
    c.set('actor', actor as ActorWith<P>)
    c.set('act', act)
    if (!isWrite(c)) return next()
    await act.received()
    await next()
    return act.completed(c.res.status)
  })
}

/**
 * Declares that a registered client may call without anybody being logged in. What comes of it is on record before
 * the answer leaves.
 * @throws AppError audit_unavailable
 */
export function requiresClient(): MiddlewareHandler<RecordedEnv> {
  return declares({ kind: 'client' }, async (c, next) => {
    const act = new Act(c)
    c.set('act', act)
    await next()
    return act.completed(c.res.status)
  })
}

function refusalOf(actor: AdminActor, permission: Permission): AppError | undefined {
  const rule = ruleOf(permission)
  if (actor.via === 'api_key') {
    const covered = rule.scope !== undefined && actor.scopes.includes(rule.scope)
    return covered ? undefined : new AppError('scope_insufficient')
  }
  if (actor.passwordPending && !rule.withPendingPassword) return new AppError('password_change_required')
  return rule.roles.includes(actor.role) ? undefined : new AppError('forbidden')
}
