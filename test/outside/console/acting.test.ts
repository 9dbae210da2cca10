import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import {
  acme,
  acting,
  askForAccess,
  closeBrowser,
  consoleOf,
  expectNothingKept,
  globex,
  hasChromium,
  signIn,
} from '../support/console.ts'
import { asCustomer, asSuperAdmin, person } from '../support/people.ts'

interface Uid {
  uid: string
}

/** Fills in a dialog, and sends it. */
async function fillIn(page: Page, dialog: string, fields: Record<string, string>, button: string) {
  const open = page.getByRole('dialog', { name: dialog })
  for (const [label, value] of Object.entries(fields)) await open.getByLabel(label).fill(value)
  await open.getByRole('button', { name: button, exact: true }).click()
}

describe.skipIf(!hasChromium)('acting for a customer in the console', () => {
  afterAll(closeBrowser)

  test('from the search to the report: lists, contacts, import, export, stop', async () => {
    const { page, complaints } = await consoleOf(await person('super_admin'))
    await page.getByRole('searchbox', { name: 'Find a customer' }).fill('acm')
    await page.getByRole('link', { name: acme.name }).click()
    await askForAccess(page, 'Write')
    await expectNothingKept(page)
    expect(await acting(page).textContent()).toMatch(/Acting for Acme Coffee Write (01:00:00|59:\d\d) left/)

    await acting(page).getByRole('link', { name: 'Lists' }).click()
    await page.getByRole('button', { name: 'New list' }).click()
    await fillIn(page, 'New list', { Name: '<b>Made</b> by support' }, 'Create')
    await page
      .getByRole('table', { name: 'Lists' })
      .getByRole('link', { name: '<b>Made</b> by support' })
      .waitFor()
    expect(new URL(page.url()).pathname).toBe(`/console/customers/${acme.uid}/lists`)

    await acting(page).getByRole('link', { name: 'Contacts' }).click()
    await page.getByRole('table', { name: 'Contacts' }).waitFor()
    // The picture of the README: PICTURE=docs/console.png, with the command for a single test file.
    if (process.env.PICTURE) await page.screenshot({ path: process.env.PICTURE })
    await page.getByRole('button', { name: 'Import' }).click()
    const buffer = Buffer.from(
      `email,first_name\r\nmary@example.com,Mary\r\nnot an address,Nobody\r\n''=run@example.com,Formula\r\n`,
    )
    const dialog = page.getByRole('dialog', { name: 'Import contacts' })
    await dialog.getByLabel('CSV file').setInputFiles({ name: 'contacts.csv', mimeType: 'text/csv', buffer })
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await dialog.getByText('2 created, 0 updated, 1 invalid.').waitFor()
    const results = page.waitForEvent('download')
    await dialog.getByRole('button', { name: 'Download the results' }).click()
    const rows = await readFile(await (await results).path(), 'utf8')
    expect(rows).toMatch(/"2","invalid","","","email is invalid"/)
    expect(rows).toContain(`"''=run@example.com"`)
    await dialog.getByRole('button', { name: 'Done' }).click()

    await page
      .getByRole('row', { name: /mary@example.com/ })
      .getByRole('button', { name: 'Edit' })
      .click()
    await fillIn(page, 'Edit the contact', { 'Last name': 'Somerville' }, 'Save')
    await page.getByText('Mary Somerville').waitFor()

    await page.getByRole('button', { name: 'Export' }).click()
    const exported = page.waitForEvent('download')
    await page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click()
    expect(await readFile(await (await exported).path(), 'utf8')).toContain(
      'mary@example.com,Mary,Somerville',
    )

    await acting(page).getByRole('link', { name: 'Report' }).click()
    const access = page.getByRole('region', { name: 'Access' })
    await access.getByText('Active', { exact: true }).waitFor()
    const readAgain = page.waitForRequest(/\/admin\/audit\?.*grant_id/)
    await acting(page).getByRole('button', { name: 'Stop' }).click()
    await readAgain
    await acting(page).waitFor({ state: 'detached' })
    await page.getByRole('heading', { name: 'Report of access' }).waitFor()
    await access.getByText('Ended', { exact: true }).waitFor()
    const report = page.getByRole('table', { name: 'What was done' })
    // The records of one access come by the queue, in more than one batch.
    for (const act of ['POST /contacts/bulk', 'PATCH /contacts/:uid']) {
      while (!(await report.getByText(act).count())) {
        await page.getByRole('button', { name: 'Refresh' }).click()
        await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
      }
    }
    await expectNothingKept(page)
    expect(complaints).toEqual([])
  })

  test('a file that is dropped is imported into a list', async () => {
    const { page, complaints } = await consoleOf(await person('admin'), `/console/customers/${acme.uid}`)
    await askForAccess(page, 'Write')
    await acting(page).getByRole('link', { name: 'Lists' }).click()
    await page.getByRole('link', { name: 'Regulars' }).first().click()
    await page.getByRole('button', { name: 'Import' }).click()
    const dataTransfer = await page.evaluateHandle(`(() => {
      const dropped = new DataTransfer()
      const rows = '\\uFEFFemail;first_name\\r\\ngrace@example.com;Grace\\r\\n'
      dropped.items.add(new File([rows], 'from-excel.csv', { type: 'application/vnd.ms-excel' }))
      return dropped
    })()`)
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('CSV file').dispatchEvent('drop', { dataTransfer })
    await dialog.getByText('from-excel.csv, 46 bytes').waitFor()
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await dialog.getByText('1 created, 0 updated, 0 invalid.').waitFor()
    await dialog.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('row', { name: /grace@example.com/ }).waitFor()
    await acting(page).getByRole('button', { name: 'Stop' }).click()
    expect(complaints).toEqual([])
  })

  test('where the customer is asked, one waits, and goes on by itself once it says yes', async () => {
    await asCustomer(globex.api_key, 'PUT', '/account/support_access', { policy: 'ask' })
    const account = await person('customer_success')
    const { page } = await consoleOf(account, `/console/customers/${globex.uid}`)
    await askForAccess(page, 'Read', 'Who is this?')
    await page.getByText('Waiting for the customer.').waitFor()
    const { access_requests } = await asCustomer<{ access_requests: [Uid] }>(
      globex.api_key,
      'GET',
      '/access_requests',
    )
    await asCustomer(globex.api_key, 'POST', `/access_requests/${access_requests[0].uid}/approve`)
    await acting(page).getByRole('link', { name: 'Contacts' }).click()
    await page.getByRole('table', { name: 'Contacts' }).waitFor()
    expect(await page.getByRole('button', { name: 'New contact' }).count()).toBe(0)

    // The customer ends it: what comes next says so, and what to do.
    const { access_grants } = await asCustomer<{ access_grants: [Uid] }>(
      globex.api_key,
      'GET',
      '/access_grants',
    )
    await asCustomer(globex.api_key, 'DELETE', `/access_grants/${access_grants[0].uid}`)
    await page.getByRole('button', { name: 'Export' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click()
    await acting(page).waitFor({ state: 'detached' })
    await asCustomer(globex.api_key, 'PUT', '/account/support_access', { policy: 'open' })
  })

  test('access that is over by the clock is none', async () => {
    const { page } = await consoleOf(await person('customer_success'), `/console/customers/${acme.uid}`)
    await askForAccess(page, 'Read')
    await acting(page).getByRole('link', { name: 'Contacts' }).click()
    await page.getByRole('table', { name: 'Contacts' }).waitFor()
    await page.clock.install({ time: Date.now() + 61 * 60_000 })
    // Nobody was here for so long, by the same clock.
    await page.getByText('Nobody was here for a while.').waitFor()
    await page.keyboard.press('Shift')
    await page.getByText('You have no access to this customer here.').waitFor()
    expect(await acting(page).count()).toBe(0)
  })

  test('an import that comes too late ends the access, and the next one reads anew', async () => {
    const { page } = await consoleOf(await person('customer_success'), `/console/customers/${globex.uid}`)
    const reads: string[] = []
    page.on('request', (request) => {
      if (request.method() === 'GET' && new URL(request.url()).pathname === '/contacts')
        reads.push(request.url())
    })
    await askForAccess(page, 'Write')
    await acting(page).getByRole('link', { name: 'Contacts' }).click()
    await page.getByRole('button', { name: 'Import' }).click()
    const dialog = page.getByRole('dialog', { name: 'Import contacts' })
    const buffer = Buffer.from('email\r\nlate@example.com\r\n')
    await dialog.getByLabel('CSV file').setInputFiles({ name: 'contacts.csv', mimeType: 'text/csv', buffer })
    const path = '/access_grants'
    const { access_grants } = await asCustomer<{ access_grants: [Uid] }>(globex.api_key, 'GET', path)
    await asCustomer(globex.api_key, 'DELETE', `${path}/${access_grants[0].uid}`)
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await acting(page).waitFor({ state: 'detached' })
    expect(reads).toHaveLength(1)

    await page.getByRole('link', { name: 'Ask for access' }).click()
    await askForAccess(page, 'Read')
    await acting(page).getByRole('link', { name: 'Contacts' }).click()
    await page.getByRole('table', { name: 'Contacts' }).waitFor()
    expect(reads).toHaveLength(2)
  })

  test('the keys stop the access that is shown first, and no other; a new name is in the banner', async () => {
    const { page } = await consoleOf(await person('super_admin'), `/console/customers/${globex.uid}`)
    await askForAccess(page, 'Read')
    const stop = acting(page).getByRole('button', { name: 'Stop' })
    await stop.waitFor()
    await askForAccess(page, 'Write')
    await stop.nth(1).waitFor()
    await page.getByRole('button', { name: 'Edit' }).click()
    await fillIn(page, 'Edit the customer', { Company: 'Globex Renamed' }, 'Save')
    await acting(page).getByRole('link', { name: 'Globex Renamed' }).first().waitFor()
    await page.keyboard.press('Alt+Shift+S')
    await page.getByRole('heading', { name: 'Report of access' }).waitFor()
    await expect.poll(() => stop.count()).toBe(1)
    await stop.click()
    await acting(page).waitFor({ state: 'detached' })
    const company = { name: globex.name }
    await asSuperAdmin('PATCH', `/admin/customers/${globex.uid}`, { company })
  })

  test('what was declined is told, and leads to its report', async () => {
    await asCustomer(globex.api_key, 'PUT', '/account/support_access', { policy: 'ask' })
    const { page } = await consoleOf(await person('customer_success'), `/console/customers/${globex.uid}`)
    await askForAccess(page, 'Read')
    await page.getByText('Waiting for the customer.').waitFor()
    const path = '/access_requests'
    const { access_requests } = await asCustomer<{ access_requests: [Uid] }>(globex.api_key, 'GET', path)
    await asCustomer(globex.api_key, 'POST', `${path}/${access_requests[0].uid}/decline`)
    await page.getByText('What you asked for last was declined.').waitFor()
    await page.getByRole('link', { name: 'Its report' }).click()
    await page.getByText('The customer declined it').waitFor()
    await asCustomer(globex.api_key, 'PUT', '/account/support_access', { policy: 'open' })
  })

  test('a session that ends keeps what was typed', async () => {
    const account = await person('admin')
    const { page } = await consoleOf(account, `/console/customers/${acme.uid}`)
    await page.getByRole('button', { name: 'Edit' }).click()
    const dialog = page.getByRole('dialog', { name: 'Edit the customer' })
    await dialog.getByLabel('Group').fill('Typed with care')
    await asSuperAdmin('DELETE', `/admin/${account.id}/sessions`)
    await dialog.getByRole('button', { name: 'Save' }).click()
    const again = page.getByRole('dialog', { name: 'Sign in again' })
    await again.getByLabel('Password').fill(account.password)
    await again.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Typed with care').waitFor()
  })

  test.each([
    { name: 'the send asks for it', first: 'Create' },
    { name: 'something else asks for it before', first: 'Look' },
  ])('what was typed for a customer is sent by another key after a sign-in: $name', async ({ first }) => {
    const account = await person('customer_success')
    const { page } = await consoleOf(account, `/console/customers/${globex.uid}`)
    await askForAccess(page, 'Write')
    await acting(page).getByRole('link', { name: 'Contacts' }).click()
    await page.getByRole('button', { name: 'New contact' }).click()
    const dialog = page.getByRole('dialog', { name: 'New contact' })
    const email = `${first}.${account.id}@example.com`.toLowerCase()
    await dialog.getByLabel('Email').fill(email)
    await asSuperAdmin('DELETE', `/admin/${account.id}/sessions`)
    if (first === 'Create') await dialog.getByRole('button', { name: 'Create' }).click()
    // Something that looks by itself finds it out before.
    else await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    const again = page.getByRole('dialog', { name: 'Sign in again' })
    await signIn(again, account)
    await again.waitFor({ state: 'detached' })
    if (first !== 'Create') await dialog.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('row', { name: email }).waitFor()
    await acting(page).getByRole('button', { name: 'Stop' }).click()
  })

  test('but nobody else sends it, who signs in instead', async () => {
    const [account, other] = [await person('admin'), await person('admin')]
    const { page } = await consoleOf(account, `/console/customers/${globex.uid}`)
    await page.getByRole('button', { name: 'Edit' }).click()
    const dialog = page.getByRole('dialog', { name: 'Edit the customer' })
    await dialog.getByLabel('Group').fill('Of the first')
    await asSuperAdmin('DELETE', `/admin/${account.id}/sessions`)
    await dialog.getByRole('button', { name: 'Save' }).click()
    await signIn(page.getByRole('dialog', { name: 'Sign in again' }), other)
    await page.getByRole('heading', { name: 'Customers' }).waitFor()
    await page.getByText(other.email).waitFor()
    const customer = await asSuperAdmin<{ group: string | null }>('GET', `/admin/customers/${globex.uid}`)
    expect(customer.group).toBeNull()
  })

  test('the stop of all acting is told to whoever acts', async () => {
    const { page } = await consoleOf(await person('super_admin'), `/console/customers/${acme.uid}`)
    await askForAccess(page, 'Read')
    await acting(page).waitFor()
    await page.getByRole('link', { name: 'Health' }).click()
    await page.getByRole('button', { name: 'Stop all acting' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Reason').fill('A leaked key')
    await dialog.getByLabel('Type STOP to go on').fill('STOP')
    await dialog.getByRole('button', { name: 'Stop all acting' }).click()
    await page.getByText('A leaked key').waitFor()
    await acting(page).getByRole('link', { name: 'Lists' }).click()
    const alert = page.getByRole('alert')
    expect(await alert.textContent()).toMatch(/Nobody may act for customers.*Request req_/)
    await page.getByRole('link', { name: 'Health' }).click()
    await page.getByRole('button', { name: 'Let people act again' }).click()
    await page.getByText('Possible').waitFor()
    await acting(page).getByRole('button', { name: 'Stop' }).click()
  })
})
