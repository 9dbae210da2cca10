import { Hono } from 'hono'
import * as z from 'zod'
import { isPublic } from '../auth/declared.ts'
import type { AppEnv } from '../env.ts'
import { describes } from './annotations.ts'
import { openapiDocument } from './openapi.ts'

/** `/openapi.json` of `app`, made when it is first asked for. */
export function docsRoutes(app: Hono<AppEnv>) {
  let document: Record<string, unknown> | undefined
  return new Hono<AppEnv>().get(
    '/openapi.json',
    describes({
      summary: 'Get this document',
      answers: { 200: z.looseObject({ openapi: z.literal('3.1.1') }) },
    }),
    isPublic(),
    (c) => {
      document ??= openapiDocument(app)
      return c.json(document)
    },
  )
}
