import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import {
  acting,
  askForAccess,
  closeBrowser,
  consoleOf,
  demo,
  hasChromium,
  openConsole,
} from '../support/console.ts'
import { person } from '../support/people.ts'

const [acme] = demo.customers as [(typeof demo.customers)[0]]

const SCREENS = ['customers', 'trail', 'approvals', 'keys', 'staff', 'clients', 'health', 'account']

/** Expects that everybody can use what is shown, and that it fits. */
async function expectUsable(page: Page, what: string) {
  await page.waitForFunction("!document.querySelector('.loading')")
  await page.evaluate(axe.source)
  const violations = await page.evaluate(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))',
  )
  expect.soft(violations, what).toEqual([])
  const { width } = page.viewportSize() ?? { width: 0 }
  expect.soft(await page.evaluate('document.documentElement.scrollWidth'), what).toBe(width)
}

describe.skipIf(!hasChromium)('what everybody can use', () => {
  afterAll(closeBrowser)

  test.each([
    { width: 360, colorScheme: 'light' as const },
    { width: 1440, colorScheme: 'dark' as const },
  ])('is every screen, at $width pixels in $colorScheme colours', async ({ width, colorScheme }) => {
    // The checker is put into the page, which its policy forbids.
    const options = { viewport: { width, height: 900 }, colorScheme, bypassCSP: true }
    const { page: stranger } = await openConsole('/console/', options)
    await stranger.getByRole('button', { name: 'Sign in' }).waitFor()
    await expectUsable(stranger, 'sign-in')

    const { page } = await consoleOf(await person('super_admin'), `/console/customers/${acme.uid}`, options)
    await page.getByRole('button', { name: 'Ask for access' }).click()
    await page.getByRole('dialog').waitFor()
    await expectUsable(page, 'asking for access')
    await page.keyboard.press('Escape')
    await askForAccess(page, 'Write')
    await acting(page).waitFor()
    await expectUsable(page, 'a customer')
    for (const name of ['Lists', 'Contacts', 'Report']) {
      await acting(page).getByRole('link', { name }).click()
      await page.getByRole('heading', { level: 1, name }).waitFor()
      await expectUsable(page, name)
    }
    const main = page.getByRole('navigation', { name: 'Main' })
    for (const screen of SCREENS) {
      await main.getByRole('link', { name: new RegExp(`^${screen}`, 'i') }).click()
      await page.getByRole('heading', { level: 1, name: new RegExp(screen, 'i') }).waitFor()
      await expectUsable(page, screen)
    }
    await acting(page).getByRole('button', { name: 'Stop' }).click()
    await acting(page).waitFor({ state: 'detached' })
  })
})
