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

  test('a secret that is made is shown whatever the list does, and only Done closes it', async () => {
    const { page } = await consoleOf(await person('admin'), '/console/keys')
    await page.getByRole('button', { name: 'New key' }).click()
    const dialog = page.getByRole('dialog', { name: 'New key' })
    await dialog.getByLabel('Name').fill('For a script')
    let make = () => {}
    const isAsked = new Promise((resolve) => {
      make = () => resolve(undefined)
    })
    await page.route('**/admin/api_keys**', async (route) => {
      // The list never comes.
      if (route.request().method() === 'POST') await isAsked.then(() => route.fallback())
    })
    const leaveIt = async () => {
      await page.keyboard.press('Escape')
      await page.keyboard.press('Escape')
      await dialog.getByRole('button', { name: 'Close' }).click()
    }
    await dialog.getByRole('button', { name: 'Create' }).click()
    await leaveIt()
    make()
    const secret = page.getByRole('region', { name: 'API key' })
    await secret.waitFor()
    await leaveIt()
    expect(await secret.textContent()).toMatch(/^stw_admin_/)
    await dialog.getByRole('button', { name: 'Done' }).click()
    await dialog.waitFor({ state: 'detached' })
  })

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
