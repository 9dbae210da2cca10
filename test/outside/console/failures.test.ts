import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import {
  acme,
  acting,
  askForAccess,
  closeBrowser,
  consoleOf,
  globex,
  hasChromium,
} from '../support/console.ts'
import { asCustomer, person } from '../support/people.ts'

const ofAcme = `/console/customers/${acme.uid}`

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
    await dialog.getByLabel('Name').fill('Made slowly')
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

  test('whether one has access is asked for again, until it is known', async () => {
    const { page } = await consoleOf(await person('customer_success'), ofAcme)
    await askForAccess(page, 'Read')
    const stop = acting(page).getByRole('button', { name: 'Stop' })
    await stop.waitFor()
    await between(page, '**/admin/access_grants?*', 502)
    await page.reload()
    expect(await acting(page).getByRole('alert').textContent()).toMatch(/The service answered 502/)
    await page.unroute('**/admin/access_grants?*')
    await stop.click()
    await acting(page).waitFor({ state: 'detached' })
  })

  test('a key that cannot be had at once is had by the banner', async () => {
    await asCustomer(globex.api_key, 'PUT', '/account/support_access', { policy: 'ask' })
    const { page } = await consoleOf(await person('customer_success'), `/console/customers/${globex.uid}`)
    await askForAccess(page, 'Read')
    await page.getByText('Waiting for the customer.').waitFor()
    await between(page, '**/admin/access_grants/*/key', 502)
    const { access_requests } = await asCustomer<{ access_requests: [{ uid: string }] }>(
      globex.api_key,
      'GET',
      '/access_requests',
    )
    await asCustomer(globex.api_key, 'POST', `/access_requests/${access_requests[0].uid}/approve`)
    const goOn = acting(page).getByRole('button', { name: 'Go on here' })
    await goOn.click()
    expect(await acting(page).getByRole('alert').textContent()).toMatch(/The service answered 502/)
    await page.unroute('**/admin/access_grants/*/key')
    await goOn.click()
    await acting(page).getByRole('link', { name: 'Lists' }).waitFor()
    await acting(page).getByRole('button', { name: 'Stop' }).click()
    await asCustomer(globex.api_key, 'PUT', '/account/support_access', { policy: 'open' })
  })

  test('a clock that is wrong does not end access: the one of the service decides', async () => {
    const { page } = await consoleOf(await person('customer_success'), ofAcme)
    // Cloudflare's edge adds it, which is not there locally.
    await page.route('**/admin/**', async (route) => {
      const asked = { ...(await route.request().allHeaders()), 'sec-fetch-site': 'same-origin' }
      const response = await route.fetch({ headers: asked })
      await route.fulfill({ response, headers: { ...response.headers(), date: new Date().toUTCString() } })
    })
    await page.clock.install({ time: Date.now() + 2 * 3600_000 })
    await page.reload()
    await askForAccess(page, 'Read')
    expect(await acting(page).textContent()).toMatch(/(01:00:0|59:[45])\d left/)
    await acting(page).getByRole('link', { name: 'Contacts' }).click()
    await page.getByRole('table', { name: 'Contacts' }).waitFor()
    await acting(page).getByRole('button', { name: 'Stop' }).click()
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
