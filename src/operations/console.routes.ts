import { Hono } from 'hono'
import { accepts } from 'hono/accepts'
import { AppError } from '../errors.ts'
import { isPageFile } from '../http/annotations.ts'
import type { AppEnv } from '../http/context.ts'
import { isPublic } from '../http/declared.ts'
import { pageFile } from '../http/files/page-file.ts'

/**
 * Loads from this origin only, sends forms nowhere (scripts do), and makes no markup from text: there is no policy of
 * Trusted Types by which it could (https://www.w3.org/TR/trusted-types/).
 */
const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** The console: one page for all paths below `/console`, which shows what the path says, and the files it is made of. */
export const consoleRoutes = new Hono<AppEnv>()
  // A program that asks for nothing in particular is told that there is nothing.
  .get('/', isPageFile(), isPublic(), (c) => {
    const asked = accepts(c, {
      header: 'Accept',
      supports: ['application/json', 'text/html'],
      default: 'none',
    })
    if (asked !== 'text/html') throw new AppError('not_found')
    c.header('Vary', 'Accept')
    return c.redirect('/console/')
  })
  // The name of a file says what is in it: it has the digest of that.
  .get('/console/files/:file{[\\w-]+\\.(?:js|css|svg)}', isPageFile(), isPublic(), async (c) => {
    const file = await pageFile(c, `/console/files/${c.req.param('file')}`)
    file.headers.set('Cache-Control', 'public, max-age=31536000, immutable')
    return file
  })
  .get('/console/*', isPageFile(), isPublic(), async (c) => {
    if (/^\/console\/files(\/|$)/.test(c.req.path)) throw new AppError('not_found')
    const page = await pageFile(c, '/console/', 'internal')
    page.headers.set('Content-Security-Policy', CONSOLE_POLICY)
    page.headers.set('Cross-Origin-Opener-Policy', 'same-origin')
    return page
  })
