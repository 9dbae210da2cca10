import { type Context, Hono } from 'hono'
import { html } from 'hono/html'
import * as z from 'zod'
import { isPublic } from '../auth/declared.ts'
import type { AppEnv } from '../env.ts'
import { describes, isPageFile } from './annotations.ts'
import { once } from './once.ts'

/** Swagger UI sets styles on its elements; scripts, and all else, come from here only. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Steward API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="docs"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>`

const START =
  "SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null })\n"

const file = (mediaType: string) => ({ mediaType, schema: z.string().meta({ examples: ['...'] }) })

/** A file of Swagger UI, with the headers that every answer has. */
async function serve(c: Context<AppEnv>, name: string, mediaType: string): Promise<Response> {
  const file = await c.env.DOCS_FILES.fetch(new URL(`/${name}`, c.req.url))
  return c.body(await file.arrayBuffer(), 200, { 'Content-Type': mediaType })
}

/** `/openapi.json` of `app`, made when it is first asked for, and `/docs`, which shows it. */
export function docsRoutes(app: Hono<AppEnv>) {
  const document = once(async () => (await import('./openapi.ts')).openapiDocument(app))
  return new Hono<AppEnv>()
    .get(
      '/openapi.json',
      describes(() => ({
        summary: 'Get this document',
        answers: { 200: z.looseObject({ openapi: z.literal('3.1.1') }) },
      })),
      isPublic(),
      async (c) => c.json(await document()),
    )
    .get(
      '/docs',
      describes(() => ({ summary: 'Read this document', answers: { 200: file('text/html') } })),
      isPublic(),
      (c) => {
        c.header('Content-Security-Policy', PAGE_POLICY)
        return c.html(page)
      },
    )
    .get('/docs/start.js', isPageFile(), isPublic(), (c) =>
      c.body(START, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
    )
    .get('/docs/swagger-ui.css', isPageFile(), isPublic(), (c) =>
      serve(c, 'swagger-ui.css', 'text/css; charset=utf-8'),
    )
    .get('/docs/swagger-ui-bundle.js', isPageFile(), isPublic(), (c) =>
      serve(c, 'swagger-ui-bundle.js', 'text/javascript; charset=utf-8'),
    )
}
