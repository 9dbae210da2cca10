import { Hono, type MiddlewareHandler } from 'hono'
import type { CustomerEnv } from '../auth/requires-customer.ts'
import { statesLength } from '../http/files/stated-length.ts'
import { accessLogRoutes } from './account/access-log.routes.ts'
import { accountRoutes } from './account/account.routes.ts'
import { bulkRoutes } from './bulk/bulk.routes.ts'
import { consentRoutes } from './consent/consent.routes.ts'
import { consentPagesRoutes } from './consent/pages.routes.ts'
import { contactsRoutes } from './contacts/contacts.routes.ts'
import { exportRoutes } from './contacts/export.routes.ts'
import { idempotent } from './idempotency.ts'
import { listsRoutes } from './lists/lists.routes.ts'
import { membersRoutes } from './lists/members.routes.ts'
import { readYourWrites } from './read-your-writes.ts'

/**
 * The routes of customers, and of admins on their behalf. `identify` resolves the customer; nothing here asks who
 * calls. The routes of an `attached` API win over those of Steward's own.
 */
export const customerSurface = (
  identify: MiddlewareHandler<CustomerEnv>,
  refuse: MiddlewareHandler,
  attached: Hono<CustomerEnv>,
) =>
  new Hono<CustomerEnv>()
    // For whoever was mailed a link: past the identification.
    .route('/', consentPagesRoutes)
    .use(statesLength, identify, refuse)
    .route('/', attached)
    .use(readYourWrites)
    .use(idempotent)
    .route('/', listsRoutes)
    .route('/', membersRoutes)
    .route('/', bulkRoutes)
    .route('/', exportRoutes)
    .route('/', contactsRoutes)
    .route('/', accountRoutes)
    .route('/', accessLogRoutes)
    .route('/', consentRoutes)
