import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { isPublic } from '../auth/declared.ts'
import type { AppEnv } from '../env.ts'

/** `/health`: whether the Worker answers at all. */
export const healthRoutes = new Hono<AppEnv>().get(
  '/health',
  describeRoute({ summary: 'Tell that the service is alive' }),
  isPublic(),
  (c) => c.json({ status: 'ok' }),
)
