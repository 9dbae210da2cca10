import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { closeBrowser, consoleOf, demo, hasChromium } from '../support/console.ts'
import { asSuperAdmin, person } from '../support/people.ts'

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
})
