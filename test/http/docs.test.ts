import { expect, test } from 'vitest'
import { call } from '../support/http.ts'

test('/docs needs nothing from elsewhere: all it asks for is served here, and its policy allows no more', async () => {
  const page = await call('/docs')
  expect(page.status).toBe(200)
  expect(page.headers.get('Content-Security-Policy')).toContain("default-src 'none'; script-src 'self'")
  const urls = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '')
  expect(urls).toEqual(['/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js', '/docs/start.js'])
  for (const url of urls) {
    const file = await call(url)
    expect(file).toMatchObject({ status: 200 })
    expect(file.headers.get('Content-Type')).toMatch(
      url.endsWith('.css') ? /^text\/css/ : /^text\/javascript/,
    )
    expect(file.headers.get('X-Request-Id')).toBeTruthy()
  }
})
