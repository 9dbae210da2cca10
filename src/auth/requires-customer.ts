import type { Context, MiddlewareHandler } from 'hono'
import { type AppEnv, setTarget, type TargetType } from '../http/context.ts'
import { declaredAccess, declares } from '../http/declared.ts'
import { isWrite, lastPathParameter } from '../http/routing.ts'
import type { CustomerScope } from './customer-scope.ts'

export interface CustomerEnv extends AppEnv {
  Variables: AppEnv['Variables'] & { customer: CustomerScope }
}

interface CustomerRoute {
  /** The type of resource that the last parameter of the path names. */
  target?: TargetType
  /** For the holders of the customer's own keys, whoever else may act for it. */
  ownKeyOnly?: true
  /** A change goes on record also where the customer itself makes it. */
  recordsOwn?: true
}

/** Declares that a route works on the data of the one customer that the surface identified before. */
export const requiresCustomer = (route: CustomerRoute = {}): MiddlewareHandler<CustomerEnv> =>
  declares<MiddlewareHandler<CustomerEnv>>(
    { kind: 'customer', ...route },
    () =>
      route.ownKeyOnly
        ? { security: [['customerKey']], errors: ['own_key_required'] }
        : { security: [['customerKey'], ['adminKey', 'customer']] },
    (c, next) => {
      if (!c.get('customer')) throw new Error('no customer was identified before a customer route')
      return next()
    },
  )

/** Whether the endpoint that answers this request is for the customer's own keys only. */
export const isOwnKeyOnly = (c: Context): boolean => customerAccess(c)?.ownKeyOnly === true

/** Whether what the customer itself does by this request goes on record. */
export const recordsOwn = (c: Context): boolean => isWrite(c) && customerAccess(c)?.recordsOwn === true

function customerAccess(c: Context) {
  const access = declaredAccess(c)
  return access?.kind === 'customer' ? access : undefined
}

/** Notes what the path of a request names. It goes before the identification, so that records of refusals have it too. */
export function noteTarget(c: Context<CustomerEnv>): void {
  const access = declaredAccess(c)
  const id = lastPathParameter(c)
  if (access?.kind === 'customer' && access.target && id !== undefined)
    setTarget(c.var.facts, access.target, id)
}
