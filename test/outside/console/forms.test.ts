import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { acting, askForAccess, closeBrowser, consoleOf, demo, hasChromium } from '../support/console.ts'
import { asCustomer, asSuperAdmin, person } from '../support/people.ts'

const [acme] = demo.customers as [(typeof demo.customers)[0]]

/** Waits until what has the focus has a text, or a label. */
const expectFocus = (page: Page, text: string) =>
  page
    .waitForFunction(
      `(() => {
        const it = document.activeElement
        return (it.labels?.[0] ?? it).textContent === ${JSON.stringify(text)}
      })()`,
    )
    .catch(async () =>
      expect(await page.evaluate('document.activeElement.outerHTML.slice(0, 200)')).toContain(text),
    )

describe.skipIf(!hasChromium)('forms in the console', () => {
  afterAll(closeBrowser)

  test('a dialog begins where one types, else at its title, and gives the focus back', async () => {
    const account = await person('super_admin')
    const { page } = await consoleOf(account, '/console/staff')
    await page.getByRole('button', { name: 'New account' }).click()
    await expectFocus(page, 'Email')
    await page.keyboard.press('Escape')
    await expectFocus(page, 'New account')
    const row = page.getByRole('row', { name: demo.super_admin.email })
    await row.getByRole('button', { name: 'Manage' }).click()
    await expectFocus(page, demo.super_admin.email)

    // Of a sign-in that comes over what one types, the next key must not be the end.
    await page.goto(`${new URL(page.url()).origin}/console/customers/${acme.uid}`)
    await page.getByRole('button', { name: 'Edit' }).click()
    await asSuperAdmin('DELETE', `/admin/${account.id}/sessions`)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('dialog', { name: 'Sign in again' }).waitFor()
    await expectFocus(page, 'Password')
  })

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
})
