import type { Context, MiddlewareHandler } from 'hono'
import { Act } from '../audit/act.ts'
import { AppError } from '../errors.ts'
import { isWrite } from '../http/routing.ts'
import { type AdminActor, recordedActor, type SessionActor } from './actor.ts'
import { declares } from './declared.ts'
import type { AdminEnv } from './identify-admin.ts'
import { recordedReason } from './key-limits.ts'
import { type Permission, ruleOf, type SessionPermission } from './permissions.ts'

interface RecordedEnv extends AdminEnv {
  Variables: AdminEnv['Variables'] & { act: Act }
}

/** What a route has that needs a permission. */
export interface ActorEnv<Actor extends AdminActor = AdminActor> extends RecordedEnv {
  Variables: RecordedEnv['Variables'] & { actor: Actor }
}

type ActorWith<P extends Permission> = P extends SessionPermission ? SessionActor : AdminActor

/**
 * Declares the permission a route needs, and keeps the record of what is done with it: of a change `received` before
 * it runs and `completed` after, of a refusal `completed`. `targetType` is what the path's first parameter names.
 * @throws AppError session_invalid, password_change_required, forbidden, ip_refused, reason_missing, reason_invalid,
 * scope_insufficient, audit_unavailable
 */
export function requires<P extends Permission>(
  permission: P,
  targetType?: string,
): MiddlewareHandler<ActorEnv<ActorWith<P>>> {
  const { scope } = ruleOf(permission)
  return declares({ kind: 'admin', permission, scope }, async (c, next) => {
    const { caller: actor, keyRefusal } = c.var
    if (!actor) throw new AppError('session_invalid')
    const act = actOf(c, actor, targetType)
    const refusal = keyRefusal ?? refusalOf(actor, permission)
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
 * @throws AppError scope_insufficient (a key is no client), audit_unavailable
 */
export function requiresClient(): MiddlewareHandler<RecordedEnv> {
  return declares({ kind: 'client' }, async (c, next) => {
    const { caller } = c.var
    if (caller?.via === 'api_key') {
      const refusal = new AppError('scope_insufficient')
      await actOf(c, caller).completed(refusal.status)
      throw refusal
    }
    const act = new Act(c)
    c.set('act', act)
    await next()
    return act.completed(c.res.status)
  })
}

function actOf(c: Context, actor: AdminActor, targetType?: string): Act {
  const act = new Act(c)
  act.actor = recordedActor(actor)
  if (actor.via === 'api_key') act.reason = recordedReason(c.req.raw.headers)
  const [targetId] = Object.values(c.req.param() as Record<string, string>)
  if (targetType !== undefined && targetId !== undefined) act.about(targetType, targetId)
  return act
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
