import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from '../env.ts'
import type { CustomerScope } from './customer-scope.ts'
import { declares } from './declared.ts'

export interface CustomerEnv extends AppEnv {
  Variables: AppEnv['Variables'] & { customer: CustomerScope }
}

/** Declares that a route works on the data of the one customer that the surface identified before. */
export const requiresCustomer = (): MiddlewareHandler<CustomerEnv> =>
  declares({ kind: 'customer' }, (c, next) => {
    if (!c.var.customer) throw new Error('no customer was identified before a customer route')
    return next()
  })
