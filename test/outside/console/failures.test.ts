import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { closeBrowser, consoleOf, demo, hasChromium } from '../support/console.ts'
import { person } from '../support/people.ts'

const [acme] = demo.customers as [(typeof demo.customers)[0]]

/** What a network in between answers with in the place of the service. */
const between = (page: Page, url: string, status: number) =>
  page.route(url, (route) =>
    route.fulfill({ status, contentType: 'text/html', body: '<h1>Welcome to the hotel</h1>' }),
  )

describe.skipIf(!hasChromium)('what goes wrong, said in the console', () => {
  afterAll(closeBrowser)

  describe.each([
    { status: 200, says: /could not be read\. Check your connection/ },
    { status: 502, says: /The service answered 502\. Try again/ },
  ])('an answer with $status that is none of the service', ({ status, says }) => {
    test.each([
      { screen: `customers/${acme.uid}`, url: '**/admin/customers/*' },
      { screen: 'keys', url: '**/admin/api_keys**' },
      { screen: 'health', url: '**/health/ready' },
    ])('is told of on $screen', async ({ screen, url }) => {
      const { page, complaints } = await consoleOf(await person('admin'))
      await between(page, url, status)
      await page.goto(new URL(`/console/${screen}`, page.url()).href)
      expect(await page.getByRole('alert').textContent()).toMatch(says)
      expect(await page.getByText('Loading …').count()).toBe(0)
      expect(complaints.filter((text) => !text.includes('502'))).toEqual([])
    })
  })
})
