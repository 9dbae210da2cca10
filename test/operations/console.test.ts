import { expect, test } from 'vitest'
import { fetchWith } from '../support/bindings/bindings.ts'
import { expectLogged } from '../support/bindings/logged.ts'
import { call } from '../support/calls/http.ts'

const BROWSER = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

const filesOf = (page: string) => [...page.matchAll(/\/console\/files\/[\w.-]+/g)].map(([path]) => path)

test.each(['/console', '/console/', '/console/customers/xj35478ymfe15/lists', '/console/nowhere'])(
  '%s is the page, which may do nothing that it has no use for',
  async (path) => {
    const page = await call(path)
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('<div id="console">') })
    expect(page.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('Cache-Control')).toBe('no-store')
    const policy = page.headers.get('Content-Security-Policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; /)
    expect(policy).toContain("require-trusted-types-for 'script'; trusted-types 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|data:|blob:|\*/)
  },
)

test('what the page names is there, of its type, and for good', async () => {
  const files = filesOf((await call('/console')).text)
  expect(files.map((path) => path.split('.').at(-1)).sort()).toEqual(
    expect.arrayContaining(['css', 'js', 'svg']),
  )
  for (const path of files) {
    const file = await call(path)
    expect.soft(file, path).toMatchObject({ status: 200 })
    expect
      .soft(file.headers.get('Content-Type'))
      .toMatch(/^(text\/(javascript|css); charset=utf-8|image\/svg\+xml)$/)
    expect.soft(file.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable')
    expect.soft(file.headers.get('X-Content-Type-Options')).toBe('nosniff')
  }
})

test.each(['/console/files/nothing.js', '/console/files/', '/console/files/..%2findex.html', '/consoles'])(
  '%s is not there',
  async (path) => {
    expect(await call(path)).toMatchObject({ status: 404, json: { code: 'not_found' } })
  },
)

/** The files of pages, as a deployment has them that was made without `npm run build`, or cannot read them. */
const answering = (status: number) => ({
  PAGES: { fetch: async () => new Response(null, { status }) } as unknown as Fetcher,
})

test.each([
  { name: 'the page where it was not built', path: '/console/', pages: 404, status: 500, code: 'internal' },
  {
    name: 'a file where there is none',
    path: '/console/files/a.js',
    pages: 404,
    status: 404,
    code: 'not_found',
  },
  {
    name: 'a file that cannot be read',
    path: '/console/files/a.js',
    pages: 500,
    status: 500,
    code: 'internal',
  },
  {
    name: 'a file of /docs that cannot be read',
    path: '/docs/page.js',
    pages: 500,
    status: 500,
    code: 'internal',
  },
])('$name is refused', async ({ path, pages, status, code }) => {
  if (status === 500) expectLogged('"code":"internal"')
  const answer = await fetchWith(answering(pages), new Request(`https://steward.example${path}`))
  expect(answer.status).toBe(status)
  expect(await answer.json()).toMatchObject({ code })
})

test.each([
  { name: 'a browser is led to the console', headers: BROWSER, status: 302, location: '/console/' },
  {
    name: 'a program is told that there is nothing',
    headers: { Accept: '*/*' },
    status: 404,
    location: null,
  },
  {
    name: 'and so is one that asks for JSON',
    headers: { Accept: 'application/json' },
    status: 404,
    location: null,
  },
  { name: 'or for nothing', headers: {} as Record<string, string>, status: 404, location: null },
])('from / $name', async ({ headers, status, location }) => {
  const answer = await call('/', { headers })
  expect(answer.status).toBe(status)
  expect(answer.headers.get('Location')).toBe(location)
})
