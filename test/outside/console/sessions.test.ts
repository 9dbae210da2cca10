import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { acme, closeBrowser, consoleOf, hasChromium, signIn } from '../support/console.ts'
import { asSuperAdmin, person } from '../support/people.ts'

const ofAcme = `/console/customers/${acme.uid}`

const signInHeading = (page: Page) => page.getByRole('heading', { name: 'Sign in', exact: true })
const again = (page: Page) => page.getByRole('dialog', { name: 'Sign in again' })

/** Opens a customer in two tabs of one browser. */
async function twoTabs() {
  const account = await person('admin')
  const { page, context } = await consoleOf(account, ofAcme)
  const other = await context.newPage()
  await other.goto(page.url())
  for (const tab of [page, other]) await tab.getByRole('heading', { name: acme.name }).waitFor()
  return { account, page, other }
}

const endSessions = ({ id }: { id: number }) => asSuperAdmin('DELETE', `/admin/${id}/sessions`)

afterAll(closeBrowser)

describe.skipIf(!hasChromium)('a session that two tabs have', () => {
  test('ends in both, and its customer is in the address of neither', async () => {
    const { page, other } = await twoTabs()
    await page.getByRole('button', { name: 'Sign out' }).click()
    for (const tab of [page, other]) {
      await signInHeading(tab).waitFor()
      expect(new URL(tab.url()).pathname).toBe('/console/')
      expect(await tab.content()).not.toContain(acme.name)
    }
  })

  test('is of whoever signs in next, in both: of the one before nothing stays', async () => {
    const { account, page, other } = await twoTabs()
    const next = await person('customer_success')
    await endSessions(account)
    await page.getByRole('link', { name: 'Keys' }).click()
    await signIn(again(page), next)
    for (const tab of [page, other]) {
      await tab.getByText(next.email).waitFor()
      expect(new URL(tab.url()).pathname).toBe('/console/customers')
    }
  })

  test('goes on in both, once one signs in again in one', async () => {
    const { account, page, other } = await twoTabs()
    await other.getByRole('button', { name: 'Edit' }).click()
    const edit = other.getByRole('dialog', { name: 'Edit the customer' })
    await edit.getByLabel('Group').fill('Typed in a tab')
    await endSessions(account)
    await edit.getByRole('button', { name: 'Save' }).click()
    await again(other).waitFor()
    await page.getByRole('link', { name: 'Keys' }).click()
    await signIn(again(page), account)
    await other.getByText('Typed in a tab').waitFor()
    await asSuperAdmin('PATCH', `/admin/customers/${acme.uid}`, { group: null })
  })

  test('is looked at again by whoever comes back to the page: what is under the sign-in cannot be read', async () => {
    const { account, page } = await twoTabs()
    await endSessions(account)
    await page.evaluate("dispatchEvent(new Event('focus'))")
    await again(page).waitFor()
    const behind = await page.evaluate(
      "getComputedStyle(document.querySelector('dialog'), '::backdrop').backgroundColor",
    )
    expect(behind).toBe(await page.evaluate('getComputedStyle(document.body).backgroundColor'))
  })
})

describe.skipIf(!hasChromium)('a page that nobody was at for longer than a session lasts', () => {
  test.each([
    { name: 'goes on where another tab kept the session', isOver: false },
    { name: 'asks for a sign-in where it is over', isOver: true },
  ])('shows nothing, and $name', async ({ isOver }) => {
    const account = await person('admin')
    const { page } = await consoleOf(account, ofAcme)
    await page.clock.install()
    await page.reload()
    const heading = page.getByRole('heading', { name: acme.name })
    await heading.waitFor()
    await page.clock.runFor('37:00')
    await page.getByText('Nobody was here for a while.').waitFor()
    expect(await heading.isVisible()).toBe(false)
    if (isOver) await endSessions(account)
    await page.keyboard.press('Shift')
    await (isOver ? again(page) : heading).waitFor()
    expect(await page.getByText('Nobody was here for a while.').count()).toBe(0)
  })
})
