import type { Context } from 'hono'
import { AppError } from '../../errors.ts'
import type { AppEnv } from '../context.ts'

const MEDIA_TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/**
 * Returns the answer that is a file of a page, which `npm run build` makes. Throws `missing` if there is none, and an
 * error if it cannot be read.
 */
export async function pageFile(
  c: Context<AppEnv>,
  path: string,
  missing: 'not_found' | 'internal' = 'not_found',
): Promise<Response> {
  const file = await c.env.PAGES.fetch(new URL(path, c.req.url))
  const cause = new Error(`PAGES answered ${file.status} for ${path}`)
  if (file.status === 404) throw new AppError(missing, { cause })
  if (!file.ok) throw cause
  const type = MEDIA_TYPES[path.split('.')[1] ?? 'html'] ?? ''
  return c.body(await file.arrayBuffer(), 200, { 'Content-Type': type })
}
