import { afterAll, describe, expect, test, vi } from 'vitest'
import {
  acme,
  acting,
  askForAccess,
  closeBrowser,
  consoleOf,
  demo,
  expectFocus,
  hasChromium,
} from '../support/console.ts'
import { asCustomer, asSuperAdmin, person } from '../support/people.ts'

describe.skipIf(!hasChromium)('forms in the console', () => {
  afterAll(closeBrowser)

  test('an edit sends what one changed, and leaves what a colleague changed meanwhile', async () => {
    const path = '/admin/customers'
    const body = { first_name: 'Grace', last_name: 'Hopper', email: 'grace@hopper.example' }
    const { customer_uid: uid } = await asSuperAdmin<{ customer_uid: string }>('POST', path, body)
    const { page } = await consoleOf(await person('admin'), `/console/customers/${uid}`)
    await page.getByRole('heading', { name: 'Grace Hopper' }).waitFor()
    await asSuperAdmin('PATCH', `${path}/${uid}`, { group: 'Of a colleague' })
    await page.getByRole('button', { name: 'Edit' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('First name').fill('Amazing Grace')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Of a colleague').waitFor()
    expect(await asSuperAdmin('GET', `${path}/${uid}`)).toMatchObject({
      first_name: 'Amazing Grace',
      group: 'Of a colleague',
      company: null,
    })
    await page.getByRole('button', { name: 'Edit' }).click()
    await dialog.getByLabel('City').fill('Arlington')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('region', { name: 'Company' }).getByText('Arlington').waitFor()
  })

  test('so does an edit of a contact, and of a list', async () => {
    const { contact } = await asCustomer<{ contact: { uid: string } }>(acme.api_key, 'POST', '/contacts', {
      email: 'joan@clarke.example',
      fields: { plan: 'gold' },
    })
    const { list } = await asCustomer<{ list: { uid: string } }>(acme.api_key, 'POST', '/lists', {
      name: 'Readers',
    })
    const { page } = await consoleOf(await person('admin'), `/console/customers/${acme.uid}`)
    await askForAccess(page, 'Write')
    await acting(page).getByRole('link', { name: 'Contacts' }).click()
    const row = page.getByRole('row', { name: /joan@clarke.example/ })
    await row.waitFor()
    await asCustomer(acme.api_key, 'PATCH', `/contacts/${contact.uid}`, {
      phone: '+44 1',
      fields: { plan: 'tin' },
    })
    await row.getByRole('button', { name: 'Edit' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Last name').fill('Clarke')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await row.getByText('+44 1').waitFor()
    expect(await asCustomer(acme.api_key, 'GET', `/contacts/${contact.uid}`)).toMatchObject({
      contact: { last_name: 'Clarke', phone: '+44 1', fields: { plan: 'tin' } },
    })

    await acting(page).getByRole('link', { name: 'Lists' }).click()
    const lists = page.getByRole('row', { name: /Readers/ })
    await lists.waitFor()
    await asCustomer(acme.api_key, 'PATCH', `/lists/${list.uid}`, { description: 'Every Monday' })
    await lists.getByRole('button', { name: 'Edit' }).click()
    await dialog.getByLabel('Name').fill('Readers of the letter')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Every Monday').waitFor()
    expect(await asCustomer(acme.api_key, 'GET', `/lists/${list.uid}`)).toMatchObject({
      list: { name: 'Readers of the letter', description: 'Every Monday' },
    })
  })

  test('what cannot be read again is told beside what was read, and clicks in a row are one', async () => {
    const { page, context } = await consoleOf(await person('admin'), '/console/customers')
    const reads: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/admin/customers')) reads.push(new URL(request.url()).search)
    })
    const rows = page.getByRole('table', { name: 'Customers' }).locator('tbody tr')
    await rows.first().waitFor()
    // Pages of one, that there is more than one.
    await page.route(/\/admin\/customers(\?|$)/, (route) => {
      const small = new URL(route.request().url())
      small.searchParams.set('per_page', '1')
      return route.continue({ url: small.href })
    })
    const refresh = page.getByRole('button', { name: 'Refresh' })
    await refresh.click()
    const more = page.getByRole('button', { name: 'Show more' })
    await more.waitFor()
    reads.length = 0
    await more.dblclick()
    await rows.nth(1).waitFor()
    expect(reads).toHaveLength(1)
    await refresh.dblclick()
    await vi.waitFor(() => expect(reads.length).toBeGreaterThan(2), { timeout: 10_000 })
    await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
    expect(reads).toHaveLength(3)

    await rows.getByRole('link').first().click()
    await page.getByRole('region', { name: 'Access' }).waitFor()
    await context.setOffline(true)
    await refresh.click()
    await page.getByText('Steward could not be reached').waitFor()
    expect(await page.getByRole('region', { name: 'Access' }).count()).toBe(1)
  })

  test('nothing so far is not nothing', async () => {
    const { page } = await consoleOf(await person('admin'), '/console/customers')
    await page.route('**/admin/customers?search=zz*', async (route) => {
      const headers = { ...(await route.request().allHeaders()), 'Sec-Fetch-Site': 'same-origin' }
      const response = await route.fetch({ headers })
      // As a search answers that has looked at as many as it may.
      const body = await response.json()
      await route.fulfill({ response, json: { ...body, meta: { ...body.meta, next_cursor: 'next' } } })
    })
    await page.getByLabel('Find a customer').fill('zz')
    await page.getByRole('button', { name: 'Show more' }).waitFor()
    expect(await page.getByText('Nothing among those looked at so far.').count()).toBe(2)
    expect(await page.getByRole('status').first().textContent()).toMatch(/so far/)
  })

  test('an import stays open until its results are there; a refused one is not under way', async () => {
    const { page } = await consoleOf(await person('admin'), `/console/customers/${acme.uid}`)
    await askForAccess(page, 'Write')
    await acting(page).getByRole('link', { name: 'Contacts' }).click()
    await page.getByRole('button', { name: 'Import' }).click()
    const dialog = page.getByRole('dialog', { name: 'Import contacts' })
    const file = (rows: string) => ({ name: 'contacts.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) })
    const start = dialog.getByRole('button', { name: 'Import', exact: true })
    await dialog.getByLabel('CSV file').setInputFiles(file('email,shoe_size\r\nada@example.com,38\r\n'))
    await start.click()
    await dialog.getByRole('alert').waitFor()
    expect(await dialog.getByRole('progressbar').count()).toBe(0)

    const held = Promise.withResolvers<void>()
    await page.route('**/contacts/bulk', async (route) => {
      await held.promise
      await route.continue()
    })
    await dialog.getByLabel('CSV file').setInputFiles(file('email\r\nheld@example.com\r\n'))
    await start.click()
    await page.keyboard.press('Escape')
    await dialog.getByRole('button', { name: 'Close' }).dispatchEvent('click')
    held.resolve()
    await dialog.getByText('1 created, 0 updated, 0 invalid.').waitFor()
    await expectFocus(page, 'Import contacts')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })

  test('an export that is closed is broken off', async () => {
    const { page } = await consoleOf(demo.super_admin, '/console/trail')
    const held = Promise.withResolvers<void>()
    await page.route('**/admin/audit/export*', async (route) => {
      await held.promise
      await route.continue()
    })
    await page.getByRole('button', { name: 'Export' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click()
    const brokenOff = page.waitForEvent('requestfailed', (request) => request.url().includes('/audit/export'))
    await page.keyboard.press('Escape')
    await brokenOff
    held.resolve()
  })
})
