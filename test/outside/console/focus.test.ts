import { afterAll, describe, expect, test } from 'vitest'
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
import { asSuperAdmin, person } from '../support/people.ts'

describe.skipIf(!hasChromium)('the focus in the console', () => {
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

  test('where what had it goes away, it is at the title', async () => {
    const { page } = await consoleOf(demo.super_admin, '/console/keys')
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByLabel('Name').fill('Not for long')
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
    await page.getByRole('region', { name: 'API key' }).waitFor()
    await expectFocus(page, 'New key')
    await page.getByRole('button', { name: 'Done' }).click()
    const row = page.getByRole('row', { name: /Not for long/ })
    await row.getByRole('button', { name: 'Revoke' }).click()
    await page.getByLabel('Type REVOKE to go on').fill('REVOKE')
    await page.keyboard.press('Enter')
    await row.getByText('Revoked').waitFor()
    await expectFocus(page, 'Keys')

    const body = { first_name: 'Mary', last_name: 'Lee', email: 'mary@lee.example' }
    const { customer_uid } = await asSuperAdmin<{ customer_uid: string }>('POST', '/admin/customers', body)
    await page.goto(`${new URL(page.url()).origin}/console/customers/${customer_uid}`)
    await page.getByRole('button', { name: 'Suspend' }).click()
    await page.getByLabel('Type SUSPEND to go on').fill('SUSPEND')
    await page.keyboard.press('Enter')
    await page.getByText('The customer is not active').waitFor()
    await expectFocus(page, 'Mary Lee')
  })

  test('filters that are applied, or taken back, leave it where it is', async () => {
    const { page } = await consoleOf(demo.super_admin, '/console/trail?method=POST')
    await page.getByLabel('Customer', { exact: true }).fill(acme.uid)
    await page.keyboard.press('Enter')
    await page.waitForURL(/customer_uid/)
    await expectFocus(page, 'Customer')
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.waitForURL(/trail$/)
    await expectFocus(page, 'Clear')
    expect(await page.getByLabel('Customer', { exact: true }).inputValue()).toBe('')
    await page.goBack()
    expect(new URL(page.url()).searchParams.get('method')).toBe('POST')
    await page.getByLabel('Method').waitFor()
    expect(await page.getByLabel('Method').inputValue()).toBe('POST')
    expect(await page.getByLabel('Customer', { exact: true }).inputValue()).toBe(acme.uid)
  })

  test('a link begins at the top, whatever one went back to before', async () => {
    const { page } = await consoleOf(demo.super_admin, '/console/trail')
    await page.setViewportSize({ width: 1280, height: 300 })
    await page.getByLabel('Customer', { exact: true }).fill(acme.uid)
    await page.keyboard.press('Enter')
    await page.waitForURL(/customer_uid/)
    await page.goBack()
    await page.getByRole('table', { name: 'Trail' }).waitFor()
    await page.evaluate('scrollTo(0, 200)')
    await page.getByRole('link', { name: 'Customers', exact: true }).click()
    await page.getByRole('heading', { name: 'Customers', exact: true }).waitFor()
    await expectFocus(page, 'Customers')
    expect(await page.evaluate('scrollY')).toBe(0)
  })

  test('what has it is not below the banner', async () => {
    const { page } = await consoleOf(await person('admin'), `/console/customers/${acme.uid}`)
    await askForAccess(page, 'Write')
    await acting(page).getByRole('link', { name: 'Contacts' }).click()
    await page.getByRole('table', { name: 'Contacts' }).waitFor()
    for (const viewport of [
      { width: 360, height: 480 },
      { width: 1280, height: 300 },
    ]) {
      await page.setViewportSize(viewport)
      await page.getByRole('button', { name: 'Delete' }).last().focus()
      for (let back = 0; back < 16; back++) {
        await page.keyboard.press('Shift+Tab')
        const covered = await page.evaluate(`(() => {
          const { top } = document.activeElement.getBoundingClientRect()
          const { bottom } = document.querySelector('.acting').getBoundingClientRect()
          return document.activeElement.closest('main') && top < bottom ? document.activeElement.outerHTML : ''
        })()`)
        expect.soft(covered, `${viewport.width} pixels, ${back}`).toBe('')
      }
    }
    await acting(page).getByRole('button', { name: 'Stop' }).click()
  })
})
