import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import {
  acme,
  acting,
  askForAccess,
  closeBrowser,
  consoleOf,
  demo,
  hasChromium,
  openConsole,
  signIn,
} from '../support/console.ts'
import { asSuperAdmin, newPerson, person } from '../support/people.ts'

/** Opens a dialog by its button, types the word that it asks for, and goes on. */
async function goThrough(page: Page, button: string, word: string) {
  await page.getByRole('button', { name: button, exact: true }).click()
  const asked = page.getByLabel(`Type ${word} to go on`)
  await asked.waitFor()
  const dialog = page.getByRole('dialog').last()
  const goOn = dialog.getByRole('button', { name: button, exact: true })
  await goOn.click()
  expect(await asked.evaluate((input) => input.matches(':invalid'))).toBe(true)
  await asked.fill(word)
  await goOn.click()
}

describe.skipIf(!hasChromium)('looking after the house in the console', () => {
  afterAll(closeBrowser)

  test('accounts: made, given a role, disabled by a word typed', async () => {
    const { email } = await newPerson('banking_operations')
    const { page, complaints } = await consoleOf(demo.super_admin, '/console/staff')
    await page.getByRole('button', { name: 'New account' }).click()
    await page.getByLabel('Email').fill(email)
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('email has already been taken')
    await page.keyboard.press('Escape')
    await page.getByLabel('Find an account').fill(email)
    await page.getByRole('button', { name: 'Find' }).click()
    const row = page.getByRole('row', { name: email })
    await row.getByRole('button', { name: 'Manage' }).click()
    await page.getByRole('combobox', { name: 'Role' }).selectOption('Admin')
    await page.getByRole('button', { name: 'Change the role' }).click()
    await page.getByText('The role is changed').waitFor()
    await goThrough(page, 'Disable', 'DISABLE')
    await page.getByText('Disabled.', { exact: true }).waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
    expect(await row.textContent()).toMatch(/Admin.*Disabled/)
    expect(complaints).toEqual([])
  })

  test('keys and clients: what is secret is shown once', async () => {
    const { page, complaints } = await consoleOf(demo.super_admin, '/console/keys')
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByLabel('Name').fill('For a script')
    await page.getByLabel('Read', { exact: true }).uncheck()
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
    expect(await page.getByRole('alert').textContent()).toContain("scopes can't be blank")
    await page.getByLabel('Read', { exact: true }).check()
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
    expect(await page.getByRole('region', { name: 'API key' }).textContent()).toMatch(/^stw_admin_\w{36,}$/)
    await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error())')
    await page.getByRole('button', { name: 'Copy' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('did not let it be copied')
    await page.getByRole('button', { name: 'Done' }).click()
    expect(await page.content()).not.toMatch(/stw_admin_\w{20}/)
    const row = page.getByRole('row', { name: /For a script/ })
    await row.getByRole('button', { name: 'Revoke' }).click()
    await page.getByLabel('Type REVOKE to go on').fill('REVOKE')
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await row.getByText('Revoked').waitFor()

    await page.getByRole('link', { name: 'Clients' }).click()
    await page.getByRole('button', { name: 'New client' }).click()
    await page.getByLabel('Name').fill('The back office')
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
    await page.getByRole('region', { name: 'Client secret' }).waitFor()
    await page.getByRole('button', { name: 'Done' }).click()
    const client = page.getByRole('row', { name: /The back office/ })
    await client.getByText('either').waitFor()
    await client.getByRole('button', { name: 'Edit' }).click()
    const bound = page.getByLabel('Require bound signatures')
    expect(await bound.isChecked()).toBe(false)
    await bound.check()
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await client.getByText('bound', { exact: true }).waitFor()
    const clients = await asSuperAdmin<object[]>('GET', '/admin/clients')
    expect(clients).toContainEqual(
      expect.objectContaining({ name: 'The back office', require_bound_signatures: true }),
    )
    await client.getByRole('button', { name: 'Rotate' }).click()
    await page.getByText('callers that still have it are refused at once').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('region', { name: 'Client secret' }).waitFor()
    expect(complaints).toEqual([])
  })

  test('keys of others can be revoked, and not rolled', async () => {
    await asSuperAdmin('POST', '/admin/api_keys', { name: 'Of a colleague' })
    const { page } = await consoleOf(await person('super_admin'), '/console/keys')
    await page.getByText('There are no keys.').waitFor()
    await page.getByRole('combobox', { name: 'Show' }).selectOption('Of everybody')
    const row = page.getByRole('row', { name: /Of a colleague/ })
    await row.getByRole('button', { name: 'Revoke' }).waitFor()
    expect(await row.getByRole('button', { name: 'Roll' }).count()).toBe(0)
  })

  test('customers: made, suspended by a word typed, activated', async () => {
    const { page } = await consoleOf(demo.super_admin)
    await page.getByRole('button', { name: 'New customer' }).click()
    const dialog = page.getByRole('dialog', { name: 'New customer' })
    for (const [label, value] of Object.entries({
      'First name': 'Ida',
      'Last name': 'Rhodes',
      Email: 'ida@rhodes.example',
    }))
      await dialog.getByLabel(label).fill(value)
    await dialog.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { name: 'Ida Rhodes' }).waitFor()
    await goThrough(page, 'Suspend', 'SUSPEND')
    await page.getByText('The customer is not active').waitFor()
    expect(await page.getByRole('button', { name: 'Ask for access' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Activate' }).click()
    await page.getByRole('button', { name: 'Ask for access' }).waitFor()
  })

  test('members of a list: added, given another status, taken out by words typed', async () => {
    const { page } = await consoleOf(await person('customer_success'), `/console/customers/${acme.uid}`)
    await askForAccess(page, 'Write')
    await acting(page).getByRole('link', { name: 'Lists' }).click()
    await page.getByRole('link', { name: 'Regulars' }).first().click()
    await page.getByRole('button', { name: 'New member' }).click()
    await page.getByRole('dialog').getByLabel('Email').fill('ada@example.com')
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click()
    const row = page.getByRole('row', { name: /ada@example.com/ })
    await row.getByRole('button', { name: 'Status' }).click()
    await page.getByRole('combobox', { name: 'Status' }).selectOption('Unsubscribed')
    expect(await row.textContent()).toContain('Subscribed')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await row.getByText('Unsubscribed').waitFor()
    await page.getByRole('combobox', { name: 'Show' }).selectOption('Unsubscribed')
    await goThrough(page, 'Take out', 'TAKE OUT')
    await page.getByText('Nobody is in it.').waitFor()
  })

  test('an emergency begins by words typed, and waits for the review of another super admin', async () => {
    const { page } = await consoleOf(await person('super_admin'), `/console/customers/${acme.uid}`)
    await page.getByRole('button', { name: 'Ask for access' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('The site is down')
    await dialog.getByLabel('Break glass').check()
    await dialog.getByLabel('Type BREAK GLASS to go on').fill('BREAK GLASS')
    await dialog.getByRole('button', { name: 'Ask', exact: true }).click()
    await acting(page).getByRole('button', { name: 'Stop' }).click()

    const { page: reviews } = await openConsole('/console/approvals')
    await signIn(reviews, demo.super_admin)
    const card = reviews.getByRole('article', { name: `Emergency at ${acme.uid}` })
    await card.getByRole('button', { name: 'Review' }).click()
    await reviews.getByLabel('Comment').fill('It was down')
    await reviews.getByRole('dialog').getByRole('button', { name: 'Review' }).click()
    await card.waitFor({ state: 'detached' })
    expect(await asSuperAdmin<object[]>('GET', '/admin/access_grants?review=unreviewed')).toEqual([])
  })
})
