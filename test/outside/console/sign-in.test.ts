import { afterAll, describe, expect, test } from 'vitest'
import {
  acme,
  closeBrowser,
  consoleOf,
  demo,
  globex,
  hasChromium,
  openConsole,
  signIn,
  url,
} from '../support/console.ts'
import { asSuperAdmin, newPerson, person } from '../support/people.ts'

describe.skipIf(!hasChromium)('signing in to the console', () => {
  afterAll(closeBrowser)

  test('a mailed password has to be changed; then one sees what the role may', async () => {
    const account = await newPerson('customer_success')
    const { page, complaints } = await openConsole()
    await signIn(page, account)
    await page.getByLabel('Current password').fill(account.password)
    await page.getByLabel('New password', { exact: true }).fill('short')
    await page.getByLabel('Confirm new password').fill('short')
    await page.getByRole('button', { name: 'Save' }).click()
    expect(await page.getByRole('alert').textContent()).toMatch(/password is too short.*Request req_/)
    await page.getByLabel('New password', { exact: true }).fill('marmalade on buttered toast')
    await page.getByLabel('Confirm new password').fill('marmalade on buttered toast')
    await page.getByRole('button', { name: 'Save' }).click()
    const links = page.getByRole('navigation', { name: 'Main' }).getByRole('link')
    await links.first().waitFor()
    expect(await links.allTextContents()).toEqual(['Customers', 'Keys', 'Staff', 'Health', 'Account'])
    await page.reload()
    await links.first().waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await page.goto(`${url}/console/account`)
    await page.getByRole('button', { name: 'Use a passkey' }).waitFor()
    expect(complaints).toEqual([])
  })

  test('who is locked out reads for how long', async () => {
    const { page } = await openConsole()
    for (let i = 0; i < 5; i++) {
      await signIn(page, { email: 'nobody@example.com', password: 'guessed' })
      await page.locator('[aria-busy=false]').first().waitFor()
    }
    await page.getByText('too many attempts').waitFor()
    expect(await page.getByRole('alert').textContent()).toMatch(/Wait ((59|60) minutes|1 hour),/)
  })

  test('all of it by keyboard: sign in, find, open', async () => {
    const { page } = await openConsole()
    await page.getByLabel('Email').waitFor()
    await page.keyboard.type(demo.super_admin.email)
    await page.keyboard.press('Tab')
    await page.keyboard.type(demo.super_admin.password)
    const password = page.getByLabel('Password')
    expect(await password.getAttribute('type')).toBe('password')
    expect(await password.getAttribute('autocomplete')).toBe('current-password')
    await page.keyboard.press('Enter')
    const search = page.getByRole('searchbox', { name: 'Find a customer' })
    await search.waitFor()
    while (!(await search.evaluate((element) => element === element.ownerDocument.activeElement)))
      await page.keyboard.press('Tab')
    await page.keyboard.type(acme.uid)
    await page.getByText('1 found').waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: acme.name }).waitFor()
    const button = page.getByRole('button', { name: 'Ask for access' })
    while (!(await button.evaluate((element) => element === element.ownerDocument.activeElement)))
      await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Ask for access' }).waitFor()
    await page.keyboard.press('Escape')
    expect(await button.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true)
  })

  test('Enter right after the last letter opens nobody whom one did not look for, and no name is kept', async () => {
    const { page } = await consoleOf(demo.super_admin)
    const search = page.getByRole('searchbox', { name: 'Find a customer' })
    await search.fill(globex.uid)
    await page.getByText('1 found').waitFor()
    await page.evaluate(`
      const input = document.querySelector('input[type=search]')
      input.value = '${acme.uid}'
      input.dispatchEvent(new Event('input', { bubbles: true }))
      input.form.requestSubmit()
    `)
    await page.getByRole('link', { name: acme.name }).waitFor()
    await search.press('Enter')
    await page.getByRole('heading', { name: acme.name }).waitFor()
    expect(await page.title()).toMatch(/^(\(\d+\) )?Customer · Steward$/)
  })

  test('what one asks for, a super admin decides: the count of it leads the title', async () => {
    const asks = await person('customer_success')
    const { page } = await consoleOf(asks, `/console/customers/${acme.uid}`)
    await page.getByRole('button', { name: 'Ask to disable' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Reason').fill('Unpaid for a year')
    await dialog.getByRole('button', { name: 'Ask to disable' }).click()
    await page.getByText('A super admin decides.').waitFor()

    const { page: decides } = await consoleOf(demo.super_admin)
    await expect.poll(() => decides.title()).toBe('(1) Customers · Steward')
    await decides.getByRole('link', { name: /^Approvals/ }).click()
    await decides.getByText('Unpaid for a year').waitFor()
    await decides.getByRole('button', { name: 'Decline' }).click()
    await decides.getByRole('dialog').getByLabel('Comment').fill('Paid today')
    await decides.getByRole('dialog').getByRole('button', { name: 'Decline' }).click()
    await decides.getByText('No request waits.').waitFor()
    await expect.poll(() => decides.title()).toBe('Approvals · Steward')
    const [request] = await asSuperAdmin<object[]>('GET', '/admin/disable_requests?status=declined')
    expect(request).toMatchObject({ reason: 'Unpaid for a year', super_admin_comment: 'Paid today' })
  })

  test('what a super admin approved is in the list of customers that was read before', async () => {
    const asks = await person('customer_success')
    const { page } = await consoleOf(asks, `/console/customers/${globex.uid}`)
    await page.getByRole('button', { name: 'Ask to disable' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Reason').fill('Closed for good')
    await dialog.getByRole('button', { name: 'Ask to disable' }).click()
    await page.getByText('A super admin decides.').waitFor()

    const { page: decides } = await consoleOf(demo.super_admin)
    const row = decides.getByRole('row', { name: globex.name })
    await row.getByText('Active').waitFor()
    await decides.getByRole('link', { name: /^Approvals/ }).click()
    await decides.getByRole('button', { name: 'Approve' }).click()
    await decides.getByRole('dialog').getByLabel('Comment').fill('So be it')
    await decides.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
    await decides.getByText('No request waits.').waitFor()
    await decides.getByRole('link', { name: 'Customers' }).click()
    await row.getByText('Suspended').waitFor()
    await asSuperAdmin('POST', `/admin/customers/${globex.uid}/activate`)
  })

  test('a second step that comes too late says so, and begins again', async () => {
    const { page } = await openConsole()
    const step = { login_token: 'stw_login_0', expires_at: '2026-01-01T00:00:00.000Z', methods: ['totp'] }
    await page.route('**/admin/login', (route) => route.fulfill({ json: { data: step } }))
    await signIn(page, demo.super_admin)
    await page.getByLabel('Code').fill('123456')
    await page.getByRole('button', { name: 'Sign in' }).click()
    expect(await page.getByRole('alert').textContent()).toMatch(/second step took too long/)
    await page.unroute('**/admin/login')
    await signIn(page, demo.super_admin)
    await page.getByRole('navigation', { name: 'Main' }).waitFor()
  })

  test('a proof that one does not give is told in words for people', async () => {
    const { page } = await consoleOf(await person('admin'), `/console/customers/${acme.uid}`)
    await page.route('**/admin/customers/*', (route) =>
      route.request().method() === 'PATCH'
        ? route.fulfill({ status: 403, json: { message: 'POST it', code: 'reauthentication_required' } })
        : route.fallback(),
    )
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await page.getByRole('dialog', { name: 'Confirm that it is you' }).waitFor()
    await page.keyboard.press('Escape')
    expect(await page.getByRole('alert').textContent()).toMatch(/it was not confirmed.*Do it again/)
  })

  test('where nobody is, nothing is asked that would keep the session; the next input asks again', async () => {
    const { page } = await consoleOf(await person('admin'))
    await page.clock.install()
    await page.reload()
    await page.getByRole('navigation', { name: 'Main' }).waitFor()
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await page.clock.runFor('06:00')
    expect(asked).toContain('/admin/access_grants')
    asked.length = 0
    await page.clock.runFor('40:00')
    expect(asked).toEqual([])
    await page.keyboard.press('Shift')
    await expect.poll(() => asked).toContain('/admin/access_grants')
  })

  describe('once the session has ended elsewhere', () => {
    const screens = async () => {
      const account = await person('admin')
      const { page } = await consoleOf(account, `/console/customers/${acme.uid}`)
      await page.getByRole('heading', { name: acme.name }).waitFor()
      return { account, page, again: page.getByRole('dialog', { name: 'Sign in again' }) }
    }
    const endSessions = ({ id }: { id: number }) => asSuperAdmin('DELETE', `/admin/${id}/sessions`)

    test('who gives up signing in again is shown nothing more', async () => {
      const { account, page, again } = await screens()
      await endSessions(account)
      await page.getByRole('link', { name: 'Keys' }).click()
      await again.waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor()
      expect(await page.getByRole('dialog').count()).toBe(0)
      expect(await page.getByText(account.email).count()).toBe(0)
    })

    test('signing out asks for nothing', async () => {
      const { account, page, again } = await screens()
      await endSessions(account)
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor()
      expect(await again.count()).toBe(0)
    })

    test('a sign-in takes the place of a proof, and what needed it goes on', async () => {
      const { account, page, again } = await screens()
      await page.route('**/admin/customers/*', (route) =>
        route.request().method() === 'PATCH'
          ? route.fulfill({ status: 403, json: { message: 'Prove it', code: 'reauthentication_required' } })
          : route.fallback(),
      )
      await page.getByRole('button', { name: 'Edit' }).click()
      const edit = page.getByRole('dialog', { name: 'Edit the customer' })
      await edit.getByLabel('Group').fill('Proven')
      await edit.getByRole('button', { name: 'Save' }).click()
      const proof = page.getByRole('dialog', { name: 'Confirm that it is you' })
      await proof.waitFor()
      await page.unroute('**/admin/customers/*')
      await endSessions(account)
      await proof.getByLabel('Password').fill(account.password)
      await proof.getByRole('button', { name: 'Confirm' }).click()
      await signIn(again, account)
      await page.getByText('Proven').waitFor()
      await asSuperAdmin('PATCH', `/admin/customers/${acme.uid}`, { group: null })
    })
  })
})
