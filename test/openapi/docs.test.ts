import { expect, test } from 'vitest'
import { call } from '../support/calls/http.ts'

/** What a script or the page asks for beside itself. */
const LINKS = /(?:src=|href=|from )["'](\.?\/[\w./-]+)["']/g

const COMMENTS = /\/\*\*[\s\S]*?\*\//g

test('/docs needs nothing from elsewhere: all it asks for is served here, and its policy allows no more', async () => {
  const page = await call('/docs')
  expect(page.status).toBe(200)
  const policy = page.headers.get('Content-Security-Policy')
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
  expect(policy).not.toContain('unsafe')
  const found = new Set<string>()
  const texts = [page.text]
  for (let text = texts.pop(); text !== undefined; text = texts.pop()) {
    for (const [, link = ''] of text.replace(COMMENTS, '').matchAll(LINKS)) {
      const { pathname } = new URL(link, 'https://steward.example/docs/')
      if (found.has(pathname) || pathname === '/openapi.json') continue
      found.add(pathname)
      const file = await call(pathname)
      expect(file).toMatchObject({ status: 200 })
      expect(file.headers.get('Content-Type')).toMatch(
        pathname.endsWith('.css') ? /^text\/css/ : /^text\/javascript/,
      )
      texts.push(file.text)
    }
  }
  expect([...found]).toEqual(expect.arrayContaining(['/docs/page.css', '/docs/page.js', '/docs/send.js']))
})

test.each(['/docs/nothing.js', '/docs/openapi.d.ts', '/docs/tsconfig.json', '/docs/..%2fpage.js'])(
  '%s is not there',
  async (path) => {
    expect(await call(path)).toMatchObject({ status: 404 })
  },
)
