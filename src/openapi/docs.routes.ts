import { Hono } from 'hono'
import { html } from 'hono/html'
import * as z from 'zod'
import { once } from '../base/once.ts'
import { describing, isPageFile, type Part } from '../http/annotations.ts'
import { jsonAnswer, pageAnswer } from '../http/answers.ts'
import type { AppEnv } from '../http/context.ts'
import { isPublic } from '../http/declared.ts'
import { pageFile } from '../http/files/page-file.ts'
import { type Stores, storesOf } from '../http/stores.ts'
import type { Json } from './components.ts'

/** Loads everything from this origin only. The scripts make elements, never markup from text. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Steward API</title>
    <link rel="stylesheet" href="/docs/page.css">
    <script type="module" src="/docs/page.js"></script>
  </head>
  <body>
    <header>
      <h1>Steward API</h1>
      <p>What this page shows, for programs: <a href="/openapi.json">/openapi.json</a></p>
    </header>
    <main>
      <noscript>This page needs JavaScript.</noscript>
    </main>
  </body>
</html>`

const DOCUMENT = jsonAnswer(200, () => z.looseObject({ openapi: z.literal('3.1.1') }))

export const OPERATIONS = {
  name: 'Operations',
  description: 'Whether the service is well, and what it offers.',
} satisfies Part

const describes = describing(OPERATIONS)

/** Returns the document as a deployment shows it, as JSON, of the service's own. */
type Deployed = (own: Json, stores: Stores, now: number) => Promise<string>

/**
 * Returns the routes of `/openapi.json`, whose own part is made on the first request, and of `/docs`, which shows it.
 */
export function docsRoutes(app: Hono<AppEnv>, deployed: Deployed) {
  const document = once(async () => (await import('./document.ts')).openapiDocument(app))
  return new Hono<AppEnv>()
    .get(
      '/openapi.json',
      describes(() => ({
        id: 'getOpenapiDocument',
        summary: 'Get this document',
        description:
          'OpenAPI 3.1, made from the schemas that validate; of an attached API, what its own document says.',
        answers: [DOCUMENT],
      })),
      isPublic(),
      async (c) => {
        const json = await deployed(await document(), storesOf(c), c.var.now())
        return c.body(json, 200, { 'Content-Type': 'application/json' })
      },
    )
    .get(
      '/docs',
      describes(() => ({
        id: 'getDocumentation',
        summary: 'Read this document',
        description: 'A page that shows it, and signs and sends what is tried on it.',
        answers: [pageAnswer(200)],
      })),
      isPublic(),
      (c) => {
        c.header('Content-Security-Policy', PAGE_POLICY)
        return c.html(page)
      },
    )
    .get('/docs/:file{[a-z-]+\\.(?:js|css)}', isPageFile(), isPublic(), (c) =>
      pageFile(c, `/docs/${c.req.param('file')}`),
    )
}
