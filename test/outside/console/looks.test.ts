import { join } from 'node:path'
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
  signIn,
} from '../support/console.ts'
import { newPerson, person } from '../support/people.ts'

const [acme] = demo.customers as [(typeof demo.customers)[0]]

/** What is shown differs by the width, the contrast by the colours. */
const LOOKS = [
  { width: 360, colorScheme: 'light', rules: [] },
  { width: 1440, colorScheme: 'dark', rules: [] },
  { width: 360, colorScheme: 'dark', rules: ['color-contrast'] },
  { width: 1440, colorScheme: 'light', rules: ['color-contrast'] },
] as const

/** The checker is put into the page, which its policy forbids. */
const OPTIONS = { bypassCSP: true, reducedMotion: 'reduce' } as const

/** Expects that everybody can use what is shown, and that it fits. With SHOTS=<folder> each is a picture there. */
async function expectUsable(page: Page, what: string) {
  await page.waitForFunction("!document.querySelector('.loading')")
  await page.evaluate(axe.source)
  for (const { width, colorScheme, rules } of LOOKS) {
    const look = `${what}, ${width} pixels, ${colorScheme}`
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    const options = rules.length > 0 ? { runOnly: rules } : {}
    const violations = await page.evaluate(
      `axe.run(${JSON.stringify(options)}).then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))`,
    )
    expect.soft(violations, look).toEqual([])
    expect.soft(await page.evaluate('document.documentElement.scrollWidth'), look).toBe(width)
    if (process.env.SHOTS)
      await page.screenshot({
        path: join(process.env.SHOTS, `${look.replaceAll(/\W+/g, '-')}.png`),
        fullPage: true,
      })
  }
  await page.setViewportSize({ width: 1280, height: 900 })
}

/** Opens a dialog by its button, expects that it is usable, and closes it. */
async function expectUsableDialog(page: Page, button: string, what = button) {
  await page.getByRole('button', { name: button, exact: true }).first().click()
  await page.getByRole('dialog').waitFor()
  await expectUsable(page, what)
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

/** The screens, and the buttons that open the dialogs of each. */
const SCREENS = [
  { screen: 'Customers', dialogs: ['New customer'] },
  { screen: 'Trail', dialogs: ['Export'] },
  { screen: 'Approvals', dialogs: [] },
  { screen: 'Keys', dialogs: ['New key', 'Roll', 'Revoke'] },
  { screen: 'Staff', dialogs: ['New account', 'Manage'] },
  { screen: 'Clients', dialogs: ['New client', 'Rotate', 'Disable'] },
  { screen: 'Health', dialogs: ['Stop all acting'] },
  { screen: 'Account', dialogs: ['Add a passkey', 'Set up an authenticator app', 'New recovery codes'] },
]

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true })

describe.skipIf(!hasChromium)('what everybody can use', () => {
  afterAll(closeBrowser)

  test('is the way in', async () => {
    const { page } = await openConsole('/console/', OPTIONS)
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await expectUsable(page, 'sign-in')
    await signIn(page, { email: 'nobody@example.com', password: 'not the password' })
    await page.getByRole('alert').waitFor()
    await expectUsable(page, 'sign-in refused')
    await signIn(page, await newPerson('banking_operations'))
    await page.getByLabel('Confirm new password').waitFor()
    await expectUsable(page, 'first password')
    const { page: enrolling } = await openConsole('/console/', OPTIONS)
    await signIn(enrolling, await person('banking_operations'))
    await enrolling.getByRole('heading', { name: 'Add a second factor' }).waitFor()
    await expectUsable(enrolling, 'enrolment')
  })

  test.each(SCREENS)('is $screen, with what it opens', async ({ screen, dialogs }) => {
    const { page } = await consoleOf(await person('super_admin'), `/console/${screen.toLowerCase()}`, OPTIONS)
    if (screen === 'Keys') await makeKey(page)
    await heading(page, screen).waitFor()
    await expectUsable(page, screen)
    for (const button of dialogs) await expectUsableDialog(page, button, `${screen}, ${button}`)
  })

  test('is a customer, and all that one acts with', async () => {
    const { page } = await consoleOf(await person('super_admin'), `/console/customers/${acme.uid}`, OPTIONS)
    await page.getByRole('button', { name: 'Ask for access' }).waitFor()
    for (const button of ['Ask for access', 'Edit', 'New API key', 'Suspend', 'Delete'])
      await expectUsableDialog(page, button, `a customer, ${button}`)
    await askForAccess(page, 'Write')
    await acting(page).waitFor()
    await expectUsable(page, 'a customer')
    await acting(page).getByRole('link', { name: 'Lists' }).click()
    await heading(page, 'Lists').waitFor()
    await expectUsable(page, 'Lists')
    for (const button of ['New list', 'Edit', 'Delete'])
      await expectUsableDialog(page, button, `Lists, ${button}`)
    await page.getByRole('link', { name: 'Regulars' }).first().click()
    await page.getByRole('button', { name: 'New member' }).waitFor()
    await expectUsable(page, 'members')
    await expectUsableDialog(page, 'New member')
    await acting(page).getByRole('link', { name: 'Contacts' }).click()
    await heading(page, 'Contacts').waitFor()
    await expectUsable(page, 'Contacts')
    for (const button of ['New contact', 'Import', 'Export', 'Edit', 'Delete'])
      await expectUsableDialog(page, button, `Contacts, ${button}`)
    await acting(page).getByRole('link', { name: 'Report' }).click()
    await page.getByRole('table', { name: 'What was done' }).waitFor()
    await expectUsable(page, 'Report')
    await acting(page).getByRole('button', { name: 'Stop' }).click()
    await acting(page).waitFor({ state: 'detached' })
  })

  test('is an entry of the trail, checked', async () => {
    const { page } = await consoleOf(demo.super_admin, '/console/trail', OPTIONS)
    await page.getByRole('table', { name: 'Trail' }).getByRole('link').first().click()
    await page.getByRole('button', { name: 'Check the chain' }).last().click()
    await page.getByText('✓').first().waitFor()
    await expectUsable(page, 'an entry')
  })
})

async function makeKey(page: Page) {
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByLabel('Name').fill('Looked at')
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
  await page.getByRole('region', { name: 'API key' }).waitFor()
  await expectUsable(page, 'a key, shown once')
  await page.getByRole('button', { name: 'Done' }).click()
}
