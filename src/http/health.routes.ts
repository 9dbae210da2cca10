import { Hono } from 'hono'
import * as z from 'zod'
import { isPublic } from '../auth/declared.ts'
import type { AppEnv } from '../env.ts'
import { describes } from './annotations.ts'

/** `/health`: whether the Worker answers at all. */
export const healthRoutes = new Hono<AppEnv>().get(
  '/health',
  describes({
    summary: 'Tell that the service is alive',
    answers: { 200: z.object({ status: z.literal('ok') }) },
  }),
  isPublic(),
  (c) => c.json({ status: 'ok' }),
)
