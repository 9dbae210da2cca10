import { Hono, type MiddlewareHandler } from 'hono'
import { identifyAdmin } from '../auth/callers/identify-admin.ts'
import type { AdminEnv } from '../auth/callers/staff-caller.ts'
import { adminEnvelope } from '../http/envelopes.ts'
import { accessGrantsRoutes } from './access-grants/access-grants.routes.ts'
import { grantDecisionsRoutes } from './access-grants/decisions.routes.ts'
import { impersonationRoutes } from './access-grants/impersonation.routes.ts'
import { accountRequestsRoutes } from './account-requests/account-requests.routes.ts'
import { accountStateRoutes } from './accounts/account-state.routes.ts'
import { accountsRoutes } from './accounts/accounts.routes.ts'
import { apiKeysRoutes } from './api-keys/api-keys.routes.ts'
import { auditRoutes } from './audit/audit.routes.ts'
import { deadLettersRoutes } from './audit/dead-letters.routes.ts'
import { clientsRoutes } from './clients/clients.routes.ts'
import { customerLifecycleRoutes } from './customers/customer-lifecycle.routes.ts'
import { customersRoutes } from './customers/customers.routes.ts'
import { loginRoutes } from './login/login.routes.ts'
import { logoutRoutes } from './login/logout.routes.ts'
import { unlockRoutes } from './login/unlock.routes.ts'
import { passwordsRoutes } from './passwords/passwords.routes.ts'
import { sessionsRoutes } from './sessions/sessions.routes.ts'

/** The routes below `/admin`. `refuse` handles paths without an endpoint. */
export const adminSurface = (refuse: MiddlewareHandler) =>
  new Hono<AdminEnv>()
    .use(async (c, next) => {
      c.set('envelope', adminEnvelope)
      await next()
    })
    // For browsers, which sign nothing: past the identification.
    .route('/', unlockRoutes)
    .use(identifyAdmin, refuse)
    .route('/', loginRoutes)
    .route('/', logoutRoutes)
    .route('/', apiKeysRoutes)
    .route('/', sessionsRoutes)
    .route('/', accessGrantsRoutes)
    .route('/', grantDecisionsRoutes)
    .route('/', impersonationRoutes)
    .route('/', clientsRoutes)
    .route('/', customersRoutes)
    .route('/', customerLifecycleRoutes)
    .route('/', accountRequestsRoutes)
    .route('/', deadLettersRoutes)
    .route('/', auditRoutes)
    .route('/', accountsRoutes)
    .route('/', accountStateRoutes)
    .route('/', passwordsRoutes)
