import { createHmac } from 'node:crypto'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { closeBrowser, consoleOf, hasChromium, openConsole, signIn } from '../support/console.ts'
import { person } from '../support/people.ts'

/** Gives the browser what a laptop has: a finger, and a place for passkeys. */
async function withAuthenticator(context: BrowserContext, page: Page) {
  const session = await context.newCDPSession(page)
  await session.send('WebAuthn.enable')
  const options = {
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const
  await session.send('WebAuthn.addVirtualAuthenticator', { options })
}

/** The code of an app: RFC 6238, by HMAC-SHA-1 and steps of 30 seconds. */
function totp(secret: string, stepsAhead = 0): string {
  const bits = [...secret].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  )
  const key = Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + stepsAhead))
  const mac = createHmac('sha1', key).update(counter).digest()
  const number = mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fffffff
  return `${number % 1_000_000}`.padStart(6, '0')
}

const main = (page: Page) => page.getByRole('navigation', { name: 'Main' })

describe.skipIf(!hasChromium)('second factors in the console', () => {
  afterAll(closeBrowser)

  test('a passkey is added, signs in alone, and confirms a password; a recovery code stands in for it', async () => {
    const account = await person('admin')
    const { page, context, complaints } = await consoleOf(account, '/console/account')
    await withAuthenticator(context, page)
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('My laptop')
    await page.getByRole('dialog').getByRole('button', { name: 'Go on' }).click()
    await page.getByText('My laptop').waitFor()
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('Once more')
    await page.getByRole('dialog').getByRole('button', { name: 'Go on' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('a passkey of your account here already')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'New recovery codes' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Make them' }).click()
    const shown = await page.getByRole('region', { name: 'Recovery codes' }).textContent()
    const [code = ''] = shown?.trim().split('\n') ?? []
    await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await main(page).waitFor()

    await page.getByRole('button', { name: 'Sign out' }).click()
    await signIn(page, account)
    await page.getByText('Confirm that it is you by your passkey').waitFor()
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await main(page).waitFor()

    await page.getByRole('button', { name: 'Sign out' }).click()
    await signIn(page, account)
    await page.getByLabel('Code').fill(code)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await main(page).waitFor()
    expect(complaints).toEqual([])
  })

  test('a role that needs a factor sets up an app first, whose codes sign in then', async () => {
    const account = await person('banking_operations')
    const { page } = await openConsole()
    await signIn(page, account)
    await page.getByRole('heading', { name: 'Add a second factor' }).waitFor()
    expect(await main(page).count()).toBe(0)
    await page.getByRole('button', { name: 'Set up an authenticator app' }).click()
    await page.getByRole('img', { name: 'The secret, to scan' }).waitFor()
    const secret =
      (await page.getByRole('region', { name: 'Secret of the app' }).textContent())?.replace(/\s/g, '') ?? ''
    await page.getByLabel('Code').fill('000000')
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Code').fill(totp(secret))
    await page.getByRole('button', { name: 'Confirm' }).click()
    await main(page).waitFor()

    await page.getByRole('button', { name: 'Sign out' }).click()
    await signIn(page, account)
    await page.getByLabel('Code').fill(totp(secret, 1))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await main(page).waitFor()
  })

  test('what needs a fresh proof asks for it, and goes on', async () => {
    const account = await person('super_admin')
    const { page } = await consoleOf(account, '/console/clients')
    let isFresh = false
    await page.route('**/admin/clients', (route) =>
      route.request().method() === 'GET' || isFresh
        ? route.continue()
        : route.fulfill({ status: 403, json: { message: 'Prove it', code: 'reauthentication_required' } }),
    )
    page.on('response', (response) => {
      isFresh ||= response.url().endsWith('/admin/reauthenticate') && response.ok()
    })
    await page.getByRole('button', { name: 'New client' }).click()
    await page.getByLabel('Name').fill('Made after a proof')
    await page.getByRole('button', { name: 'Create' }).click()
    const proof = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await proof.getByLabel('Password').fill(account.password)
    await proof.getByRole('button', { name: 'Confirm' }).click()
    await page.getByRole('region', { name: 'Client secret' }).waitFor()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('table', { name: 'Clients' }).getByText('Made after a proof').waitFor()
  })
})
