import { Hono } from 'hono'
import { identifyCustomer } from './acting/identify-customer.ts'
import { adminSurface } from './admin/surface.ts'
import { attachedRoutes } from './attached/attached.routes.ts'
import { deployedDocument } from './attached/document.ts'
import { customerSurface } from './customer/surface.ts'
import type { Clock } from './env.ts'
import type { AppEnv } from './http/context.ts'
import { crossOrigin } from './http/cross-origin.ts'
import { handleError } from './http/error-handler.ts'
import { requestContext, requestDatabase } from './http/request-context.ts'
import { requestLog, type WriteLine } from './http/request-log.ts'
import { literalPaths, refuseUnrouted } from './http/routing.ts'
import { docsRoutes } from './openapi/docs.routes.ts'
import { consoleRoutes } from './operations/console.routes.ts'
import { healthRoutes } from './operations/health.routes.ts'
import { wellKnownRoutes } from './operations/well-known.routes.ts'

/**
 * Returns the service. `now` is its only clock; `log` takes a line for each request; `attached` are the prefixes of the
 * paths of an attached API.
 */
export function createApp(
  now: Clock = Date.now,
  log: WriteLine = console.log,
  attached: readonly string[] = [],
) {
  // A slash at the end of a path changes nothing.
  const app = new Hono<AppEnv>({ strict: false })
  app.onError(handleError)
  app.use(literalPaths(app), requestContext(now), requestLog(log), crossOrigin, requestDatabase)
  const refuse = refuseUnrouted(app)
  return app
    .route('/', healthRoutes)
    .route('/', docsRoutes(app, deployedDocument))
    .route('/', wellKnownRoutes)
    .route('/', consoleRoutes)
    .route('/admin', adminSurface(refuse))
    .route('/', customerSurface(identifyCustomer, refuse, attachedRoutes(attached)))
}

/**
 * The types of the routes, for a typed client (`hc<AppType>` of hono/client).
 * @public
 */
export type AppType = ReturnType<typeof createApp>
