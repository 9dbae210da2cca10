import { globSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
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
import { passwordMailedTo } from '../support/people.ts'
import { startService } from '../support/running-service.ts'

describe.skipIf(!hasChromium)('decisions in the console', () => {
  afterAll(closeBrowser)

  describe('where a colleague has a say', () => {
    let service: Awaited<ReturnType<typeof startService>>
    beforeAll(async () => {
      service = await startService({ GRANT_APPROVAL: 'write' })
    })
    afterAll(() => service.stop())

    test('one who is new is let in by mail, finds what waits, and lets the other go on', async () => {
      const [acme] = service.demo.customers
      const { page } = await openConsole(`${service.url}/console/staff`)
      await signIn(page, service.demo.super_admin)
      await page.getByRole('button', { name: 'New account' }).click()
      const email = 'new.colleague@example.com'
      await page.getByLabel('Email').fill(email)
      await page.getByRole('combobox', { name: 'Role' }).last().selectOption('Admin')
      await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
      await page.goto(`${service.url}/console/customers/${acme?.uid}`)
      await askForAccess(page, 'Write', 'Merge two lists')
      await page.getByText('Waiting for a colleague.').waitFor()
      expect(await acting(page).count()).toBe(0)
      await page.getByRole('link', { name: 'Approvals' }).click()
      await page.getByText('Nobody waits for access.').waitFor()
      await page.goBack()

      const { page: other, complaints } = await openConsole(`${service.url}/console/approvals`)
      const first = await passwordMailedTo(email, service.folder)
      await signIn(other, { email, password: first })
      await other.getByLabel('Current password').fill(first)
      const password = 'the colleague likes marmalade'
      await other.getByLabel('New password', { exact: true }).fill(password)
      await other.getByLabel('Confirm new password').fill(password)
      await other.getByRole('button', { name: 'Save' }).click()
      const asked = other.getByRole('article', { name: `Access to ${acme?.uid}` })
      expect(await asked.textContent()).toMatch(/asks to write for .*, for 1 hour.*Merge two lists/)
      await other.waitForFunction('document.title.startsWith("(1)")')
      // What is taken back stays under the comment that somebody is at; what is sent then is refused.
      await asked.getByRole('button', { name: 'Decline' }).click()
      await other.getByLabel('Comment').fill('Ask the customer first')
      await page.getByRole('button', { name: 'Withdraw' }).click()
      await page.getByText('Waiting for a colleague.').waitFor({ state: 'detached' })
      const look = other.waitForResponse(/access_grants\?status=pending/)
      await other.getByRole('button', { name: 'Refresh', includeHidden: true }).dispatchEvent('click')
      await look
      await other.getByRole('dialog').getByRole('button', { name: 'Decline' }).click()
      await other.getByRole('alert').waitFor()
      await other.keyboard.press('Escape')
      await other.getByText('Nobody waits for access.').waitFor()
      await askForAccess(page, 'Write', 'Merge two lists')
      await page.getByText('Waiting for a colleague.').waitFor()
      await other.getByRole('button', { name: 'Refresh' }).click()
      await asked.getByRole('button', { name: 'Approve' }).click()
      await other.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
      await other.getByText('Nobody waits for access.').waitFor()
      await other.waitForFunction('!document.title.startsWith("(")')
      await acting(page).getByRole('link', { name: 'Lists' }).click()
      await page.getByRole('button', { name: 'New list' }).waitFor()
      expect(complaints).toEqual([])
    })
  })

  test('to send a dead letter again', async () => {
    const id = 'aud_0123456789abcdefghijkl'
    setAside(id)
    const { page } = await consoleOf(demo.super_admin, '/console/health')
    const letter = page.getByRole('row', { name: /a test set it aside/ })
    await letter.getByRole('button', { name: 'Send again' }).click()
    await letter.getByText(/sent again|in the trail/).waitFor()
    // It comes by the queue.
    while (!(await letter.getByText('in the trail').count())) {
      await page.getByRole('button', { name: 'Refresh' }).click()
      await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
    }
    expect(await letter.getByRole('button').count()).toBe(0)
    await page.goto(`${new URL(page.url()).origin}/console/trail/${id}`)
    await page.getByText('for a dead letter').waitFor()
  })
})

/** Puts a record among the dead letters, as if it had come while it could not be stored. */
function setAside(id: string) {
  const [file = ''] = globSync(join(inject('service').folder, '.wrangler/state/v3/d1/**/*.sqlite'), {
    exclude: (name) => name.endsWith('metadata.sqlite'),
  })
  const event = {
    v: 1,
    id,
    stage: 'completed',
    time: '2026-11-25T10:00:00.000Z',
    actor: { type: 'system', admin_id: null, role: null, api_key_id: null },
    customer_uid: null,
    target: null,
    action: { method: 'POST', route: '/admin/new', path: '/admin/new' },
    request: {
      id: 'req_1',
      ip: null,
      country: null,
      colo: null,
      user_agent: null,
      reason: 'for a dead letter',
    },
    outcome: { status: 201, result: 'success', duration_ms: 1 },
  }
  const database = new DatabaseSync(file)
  const now = Date.now()
  database
    .prepare(
      `INSERT INTO audit_dead_letters (id, body, reason, attempts, sent_at, received_at, event_id, event_stage)
       VALUES (?, ?, 'a test set it aside', 1, ?, ?, ?, 'completed')`,
    )
    .run(`dl_${id}`, JSON.stringify(event), now, now, id)
  database.close()
}
