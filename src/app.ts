import { Hono, type MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'
import { impersonate } from './acting/impersonate.ts'
import { accountStateRoutes } from './admin/accounts/account-state.routes.ts'
import { accountsRoutes } from './admin/accounts/accounts.routes.ts'
import { apiKeysRoutes } from './admin/api-keys/api-keys.routes.ts'
import { auditRoutes } from './admin/audit/audit.routes.ts'
import { deadLettersRoutes } from './admin/audit/dead-letters.routes.ts'
import { clientsRoutes } from './admin/clients/clients.routes.ts'
import { customerLifecycleRoutes } from './admin/customers/customer-lifecycle.routes.ts'
import { customersRoutes } from './admin/customers/customers.routes.ts'
import { loginRoutes } from './admin/login/login.routes.ts'
import { sessionsRoutes } from './admin/login/logout.routes.ts'
import { unlockRoutes } from './admin/login/unlock.routes.ts'
import { passwordsRoutes } from './admin/passwords/passwords.routes.ts'
import { liveSessionsRoutes } from './admin/sessions/sessions.routes.ts'
import { readCredentials } from './auth/callers/credentials.ts'
import { customerWithKey } from './auth/callers/customer-key.ts'
import { type AdminEnv, identifyAdmin } from './auth/callers/identify-admin.ts'
import { customerScope } from './auth/customer-scope.ts'
import { type CustomerEnv, noteTarget } from './auth/requires-customer.ts'
import { accessLogRoutes } from './customer/account/access-log.routes.ts'
import { accountRoutes } from './customer/account/account.routes.ts'
import { bulkRoutes } from './customer/bulk/bulk.routes.ts'
import { contactsRoutes } from './customer/contacts/contacts.routes.ts'
import { exportRoutes } from './customer/contacts/export.routes.ts'
import { idempotent } from './customer/idempotency.ts'
import { listsRoutes } from './customer/lists/lists.routes.ts'
import { membersRoutes } from './customer/lists/members.routes.ts'
import { readYourWrites } from './customer/read-your-writes.ts'
import type { Clock } from './env.ts'
import type { AppEnv } from './http/context.ts'
import { crossOrigin } from './http/cross-origin.ts'
import { adminEnvelope } from './http/envelopes.ts'
import { handleError } from './http/error-handler.ts'
import { requestContext } from './http/request-context.ts'
import { requestLog, type WriteLine } from './http/request-log.ts'
import { isWrite, literalPaths, refuseUnrouted, routePattern } from './http/routing.ts'
import { docsRoutes } from './openapi/docs.routes.ts'
import { healthRoutes } from './operations/health.routes.ts'
import { auditKeysRoutes } from './operations/well-known.routes.ts'

/** What staff call. */
const adminSurface = (refuse: MiddlewareHandler) =>
  new Hono<AdminEnv>()
    .use(async (c, next) => {
      c.set('envelope', adminEnvelope)
      await next()
    })
    // For browsers, which sign nothing: past the identification.
    .route('/', unlockRoutes)
    .use(identifyAdmin, refuse)
    .route('/', loginRoutes)
    .route('/', sessionsRoutes)
    .route('/', apiKeysRoutes)
    .route('/', liveSessionsRoutes)
    .route('/', clientsRoutes)
    .route('/', customersRoutes)
    .route('/', customerLifecycleRoutes)
    .route('/', deadLettersRoutes)
    .route('/', auditRoutes)
    .route('/', accountsRoutes)
    .route('/', accountStateRoutes)
    .route('/', passwordsRoutes)

/** What customers call, and admins on their behalf. */
const customerSurface = (refuse: MiddlewareHandler) =>
  new Hono<CustomerEnv>()
    .use(identifyCustomer, refuse)
    .use(readYourWrites)
    .use(idempotent)
    .route('/', listsRoutes)
    .route('/', membersRoutes)
    .route('/', bulkRoutes)
    .route('/', exportRoutes)
    .route('/', contactsRoutes)
    .route('/', accountRoutes)
    .route('/', accessLogRoutes)

/** Finds out whose data a call is about: the customer itself calls, or an admin for it, or the call is refused. */
const identifyCustomer = createMiddleware<CustomerEnv>(async (c, next) => {
  // On an unknown path there is nothing to identify anyone for, but an impersonation is on record all the same.
  if (routePattern(c) === undefined && !c.req.header('X-ADMIN-API-KEY')) return next()
  noteTarget(c)
  const credentials = readCredentials(c.req.raw.headers)
  if (credentials.kind === 'impersonation') return impersonate(c, credentials, next)
  const { uid, keyId, authority } = await customerWithKey(c.var.db, credentials.key, c.var.now)
  c.var.facts.customerUid = uid
  if (isWrite(c)) await authority.verify()
  c.set('customer', customerScope(uid, keyId, authority))
  await next()
  await authority.verify()
})

/** The whole service. `now` is the only clock it knows; `log` takes a line for each request. */
export function createApp(now: Clock = Date.now, log: WriteLine = console.log) {
  // A slash at the end of a path changes nothing.
  const app = new Hono<AppEnv>({ strict: false })
  app.onError(handleError)
  app.use(literalPaths(app), requestContext(now), requestLog(log), crossOrigin)
  const refuse = refuseUnrouted(app)
  return app
    .route('/', healthRoutes)
    .route('/', docsRoutes(app))
    .route('/', auditKeysRoutes)
    .route('/admin', adminSurface(refuse))
    .route('/', customerSurface(refuse))
}

/**
 * The routes with what they take and give, for a typed client (`hc<AppType>` of hono/client).
 * @public
 */
export type AppType = ReturnType<typeof createApp>
