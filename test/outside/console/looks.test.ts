import type { Page } from 'playwright-core'
import { afterAll, describe, test } from 'vitest'
import {
  acme,
  acting,
  askForAccess,
  closeBrowser,
  consoleOf,
  demo,
  globex,
  hasChromium,
  openConsole,
  signIn,
} from '../support/console.ts'
import { expectUsable, expectUsableDialog, OPTIONS } from '../support/looks.ts'
import { asCustomer, asSuperAdmin, newPerson, person } from '../support/people.ts'

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

  test('is what stands in the way', async () => {
    const { page: signingIn } = await openConsole('/console/', OPTIONS)
    await signingIn.route('**/admin/login', (route) =>
      route.fulfill({
        json: { data: { login_token: 'one', methods: ['passkey', 'totp', 'recovery_code'] } },
      }),
    )
    await signIn(signingIn, { email: 'somebody@example.com', password: 'their password' })
    await signingIn.getByLabel('Code').waitFor()
    await expectUsable(signingIn, 'second step')

    const account = await person('admin')
    const { page } = await consoleOf(account, '/console/nothing', OPTIONS)
    await heading(page, 'There is nothing here').waitFor()
    await expectUsable(page, 'nothing here')
    await page.goto(`${new URL(page.url()).origin}/console/customers/${acme.uid}`)
    await page.route('**/admin/customers/*', (route) =>
      route.request().method() === 'PATCH'
        ? route.fulfill({ status: 403, json: { message: 'Prove it', code: 'reauthentication_required' } })
        : route.continue(),
    )
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    const proof = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await proof.getByLabel('Password').fill(account.password)
    await expectUsable(page, 'a proof')
    await asSuperAdmin('DELETE', `/admin/${account.id}/sessions`)
    await proof.getByRole('button', { name: 'Confirm' }).click()
    await page.getByRole('dialog', { name: 'Sign in again' }).waitFor()
    await expectUsable(page, 'a sign-in over the screen')
  })

  test('is what waits for somebody', async () => {
    const emergency = { customer_uid: acme.uid, reason: 'The site is down', mode: 'read', break_glass: true }
    const { id } = await asSuperAdmin<{ id: string }>('POST', '/admin/access_grants', emergency)
    await asSuperAdmin('POST', `/admin/access_grants/${id}/end`)
    const { page } = await consoleOf(await person('super_admin'), '/console/approvals', OPTIONS)
    const card = page.getByRole('article', { name: `Emergency at ${acme.uid}` })
    await card.getByRole('button', { name: 'Review' }).click()
    await page.getByLabel('Comment').fill('It was down')
    await expectUsable(page, 'a comment')
    await page.keyboard.press('Escape')
    await expectUsable(page, 'Approvals, an emergency')
    await asCustomer(globex.api_key, 'PUT', '/account/support_access', { policy: 'ask' })
    await page.goto(`${new URL(page.url()).origin}/console/customers/${globex.uid}`)
    await page.getByRole('button', { name: 'Ask for access' }).click()
    await page.getByLabel('Break glass').check()
    await expectUsable(page, 'break glass')
    await page.keyboard.press('Escape')
    await askForAccess(page, 'Read')
    await page.getByText('Waiting for the customer.').waitFor()
    await expectUsable(page, 'a customer, waiting')
    await page.getByRole('button', { name: 'Withdraw' }).click()
    await page.getByText('Waiting for the customer.').waitFor({ state: 'detached' })
    await asCustomer(globex.api_key, 'PUT', '/account/support_access', { policy: 'open' })
    await page.getByRole('link', { name: 'Approvals' }).click()
    await card.getByRole('button', { name: 'Review' }).click()
    await page.getByLabel('Comment').fill('It was down')
    await page.getByRole('dialog').getByRole('button', { name: 'Review' }).click()
    await card.waitFor({ state: 'detached' })
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
    const members = `${new URL(page.url()).pathname.replace(/.*(?=\/lists)/, '')}/contacts`
    await asCustomer(acme.api_key, 'POST', members, { email: 'a.rather.long.address@example.com' })
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.getByText('a.rather.long.address').waitFor()
    await expectUsable(page, 'members')
    for (const button of ['New member', 'Status', 'Take out'])
      await expectUsableDialog(page, button, `members, ${button}`)
    await acting(page).getByRole('link', { name: 'Contacts' }).click()
    await heading(page, 'Contacts').waitFor()
    await expectUsable(page, 'Contacts')
    for (const button of ['New contact', 'Import', 'Export', 'Edit', 'Delete'])
      await expectUsableDialog(page, button, `Contacts, ${button}`)
    await page.getByRole('button', { name: 'Import' }).click()
    const buffer = Buffer.from('email\r\nlooks@example.com\r\nnot an address\r\n')
    await page.getByLabel('CSV file').setInputFiles({ name: 'contacts.csv', mimeType: 'text/csv', buffer })
    await page.getByRole('dialog').getByRole('button', { name: 'Import', exact: true }).click()
    await page.getByText('1 created').waitFor()
    await expectUsable(page, 'import results')
    await page.getByRole('button', { name: 'Done' }).click()
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
