import chromium from '@sparticuz/chromium'
import {
  type Browser,
  type BrowserContextOptions,
  chromium as driver,
  type Locator,
  type Page,
} from 'playwright-core'
import { expect, inject } from 'vitest'

export const { url, demo } = inject('service')

/** The customers of the demo data. */
export const [acme, globex] = demo.customers as [(typeof demo.customers)[0], (typeof demo.customers)[0]]

/** Whether there is a Chromium on npm for this platform. */
export const hasChromium = process.platform === 'linux' && process.arch === 'x64'

/** How long somebody would wait. The machine may be busy. */
const PATIENCE_MS = 20_000

/** In one process, as the package has it for Lambda, people would share their cookies; and all that protects stays on. */
const ARGS = chromium.args.filter((name) => !/single-process|web-security|insecure-content/.test(name))

let launched: Promise<Browser> | undefined

export const browser = (): Promise<Browser> => {
  launched ??= chromium
    .executablePath()
    .then((executablePath) => driver.launch({ executablePath, args: ARGS }))
  return launched
}

export const closeBrowser = async () => (await launched)?.close()

/** Refusals are said in the console of the browser too, by itself. */
const EXPECTED = /^Failed to load resource: the server responded with a status of 4\d\d/

/**
 * Opens the console in a browser of its own, and notes what it asks for elsewhere and complains of. `path` may be the whole
 * address of another service.
 */
export async function openConsole(path = '/console/', options: BrowserContextOptions = {}) {
  const { href, origin } = new URL(path, url)
  const context = await (await browser()).newContext({ viewport: { width: 1280, height: 900 }, ...options })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('blob:'))
      complaints.push(request.url())
  })
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', ({ message }) => complaints.push(message))
  await page.goto(href)
  return { page, context, complaints }
}

/** Signs in by email and password, as a person finds the fields. */
export async function signIn(page: Page | Locator, { email, password }: { email: string; password: string }) {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Opens a screen of the console as somebody. */
export async function consoleOf(
  account: { email: string; password: string },
  path?: string,
  options?: BrowserContextOptions,
) {
  const opened = await openConsole(path, options)
  await signIn(opened.page, account)
  await opened.page.getByRole('navigation', { name: 'Main' }).waitFor()
  return opened
}

/** Asks for access on the page of a customer. */
export async function askForAccess(page: Page, mode: 'Read' | 'Write', reason = 'Ticket 4711') {
  await page.getByRole('button', { name: 'Ask for access' }).click()
  const dialog = page.getByRole('dialog', { name: 'Ask for access' })
  await dialog.getByRole('textbox', { name: 'Reason' }).fill(reason)
  await dialog.getByRole('radio', { name: mode }).check()
  await dialog.getByRole('button', { name: 'Ask', exact: true }).click()
}

export const acting = (page: Page) => page.getByRole('region', { name: 'Acting for' })

/** What a browser keeps that a page could read back. */
export async function expectNothingKept(page: Page) {
  expect(await page.evaluate('JSON.stringify([localStorage, sessionStorage, document.cookie])')).toBe(
    '[{},{},""]',
  )
  expect(page.url()).not.toMatch(/stw_|password/)
}

/** Waits until what has the focus has a text, or such a label. */
export const expectFocus = (page: Page, text: string) =>
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
