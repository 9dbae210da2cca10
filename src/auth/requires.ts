import type { Context, MiddlewareHandler } from 'hono'
import { Act } from '../audit/act.ts'
import { AppError } from '../errors.ts'
import { once } from '../http/once.ts'
import { isWrite } from '../http/routing.ts'
import { type AdminActor, reachOf, recordedActor, type SessionActor } from './actor.ts'
import type { Reader } from './authority.ts'
import { declares } from './declared.ts'
import type { AdminEnv, StaffCaller } from './identify-admin.ts'
import { recordedReason } from './key-limits.ts'
import { type Permission, ruleOf, type SessionPermission } from './permissions.ts'

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
 * Declares the permission a route needs, and keeps the record of what is done with it: of a change `received` before
 * it runs and `completed` after, of a refusal `completed`. `targetType` is what the path's first parameter names.
 * @throws AppError session_invalid, password_change_required, forbidden, ip_refused, reason_missing, reason_invalid,
 * scope_insufficient, audit_unavailable
 */
export function requires<P extends Permission>(
  permission: P,
  targetType?: string,
): MiddlewareHandler<ActorEnv<ActorWith<P>>> {
  return declaresPermission(permission, async (c, next) => {
    const { actor, act } = await permit(c, await c.var.authority.verify(), permission, targetType)
    c.set('actor', actor as ActorWith<P>)
    c.set('act', act)
    if (!isWrite(c)) return next()
    await act.received()
    await next()
    return act.completed(c.res.status)
  })
}

/**
 * Declares the same of a route whose answer does not depend on who reads it. Its queries, put through `reader`, share a
 * round trip with the question of who that is.
 * @throws AppError as `requires` does
 */
export function requiresToRead(permission: Permission, targetType?: string): MiddlewareHandler<ReaderEnv> {
  return declaresPermission(permission, async (c, next) => {
    const { db, authority } = c.var
    const permitted = once(async () => permit(c, await authority.verify(), permission, targetType))
    c.set('reader', {
      db,
      async read(queries) {
        const rows = await authority.read(queries)
        await permitted()
        return rows
      },
    })
    if (authority.isAsked) await permitted()
    await next()
    await permitted()
  })
}

const declaresPermission = <Handler extends MiddlewareHandler>(permission: Permission, handler: Handler) =>
  declares({ kind: 'admin', permission, scope: ruleOf(permission).scope }, handler)

/** Who calls, and may. A refusal is on record before it is told. */
async function permit(
  c: Context,
  { actor, refusal }: StaffCaller,
  permission: Permission,
  targetType: string | undefined,
) {
  if (!actor) throw new AppError('session_invalid')
  const act = actOf(c, actor, targetType)
  const refused = refusal ?? refusalOf(actor, permission)
  if (!refused) return { actor, act }
  await act.completed(refused.status)
  throw refused
}

/**
 * Declares that a registered client may call without anybody being logged in. What comes of it is on record before
 * the answer leaves.
 * @throws AppError scope_insufficient (a key is no client), audit_unavailable
 */
export function requiresClient(): MiddlewareHandler<RecordedEnv> {
  return declares({ kind: 'client' }, async (c, next) => {
    const { actor } = await c.var.authority.verify()
    if (actor?.via === 'api_key') {
      const refusal = new AppError('scope_insufficient')
      await actOf(c, actor).completed(refusal.status)
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
    const reaches = !rule.ofAllCustomers || reachOf(actor) === null
    return covered && reaches ? undefined : new AppError('scope_insufficient')
  }
  if (actor.passwordPending && !rule.withPendingPassword) return new AppError('password_change_required')
  return rule.roles.includes(actor.role) ? undefined : new AppError('forbidden')
}
