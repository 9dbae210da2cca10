import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium as driver, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { checksum } from '../../src/cli/local/checksum.ts'

const { url, folder, demo } = inject('service')
const customer = demo.customers[1]

let browser: Browser

// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what a test is there to find out
type Answer = any

/** Calls the service, and gives the body of its answer. */
async function ask(
  path: string,
  method: string,
  headers: Record<string, string>,
  body?: object,
): Promise<Answer> {
  const text = body && JSON.stringify(body)
  const type = text === undefined ? undefined : { 'Content-Type': 'application/json' }
  const sum = text === undefined ? undefined : { 'SWI-CS': checksum(demo.client.secret, text) }
  const response = await fetch(url + path, {
    method,
    headers: { ...headers, ...type, ...sum },
    ...(text !== undefined && { body: text }),
  })
  return response.json()
}

const own = { 'X-API-KEY': customer?.api_key ?? '' }

/** Has somebody ask for access to a customer who wants to be asked, and gives the link of the mail. */
async function linkOfRequest(mode: 'read' | 'write'): Promise<string> {
  await ask('/account/support_access', 'PUT', own, { policy: 'ask' })
  const client = { 'SWI-CID': demo.client.id }
  const { data: login } = await ask('/admin/login', 'POST', client, demo.super_admin)
  const session = { ...client, Authorization: `Bearer ${login.auth_token}` }
  const reason = `Contacts are there twice, ${mode}`
  const body = { customer_uid: customer?.uid, reason, mode }
  await ask('/admin/access_grants', 'POST', session, body)
  return linkOfMail(reason)
}

/** The link in the mail that has this text, once it is there: locally a mail is a file. */
const linkOfMail = (text: string): Promise<string> =>
  vi.waitUntil(
    async () => {
      const mails = join(folder, '.wrangler/tmp/email')
      const names = await readdir(mails, { recursive: true }).catch(() => [])
      const files = names.filter((name) => name.endsWith('.txt')).map((name) => join(mails, name))
      const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
      const mail = texts.find((each) => each.includes(text) && each.includes('/support_access?'))
      return mail && /http\S+\/support_access\?token=\w+/.exec(mail)?.[0]
    },
    { timeout: 20_000, interval: 50 },
  )

/** Opens a link, and notes what the page asks for and complains of. */
async function opened(link: string, options: BrowserContextOptions = {}) {
  const page = await (await browser.newContext(options)).newPage()
  const asked: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  await page.goto(link)
  return { page, asked, complaints }
}

async function violations(page: Page): Promise<unknown> {
  await page.evaluate(axe.source)
  return page.evaluate(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))',
  )
}

// The Chromium that npm has is for this platform only.
describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')(
  'the page of a mailed request',
  () => {
    beforeAll(async () => {
      browser = await driver.launch({ executablePath: await chromium.executablePath(), args: chromium.args })
    })
    afterAll(async () => {
      await browser.close()
      await ask('/account/support_access', 'PUT', own, { policy: 'open' })
    })

    test('everybody can use it, on a phone and on a desk, in light and dark colours', async () => {
      const link = await linkOfRequest('write')
      for (const [width, colorScheme] of [
        [360, 'light'],
        [1440, 'dark'],
      ] as const) {
        // The checker is put into the page, which its policy forbids.
        const options = { viewport: { width, height: 800 }, colorScheme, bypassCSP: true }
        const { page } = await opened(link, options)
        expect.soft(await violations(page)).toEqual([])
        expect.soft(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
      }
    })

    test('a click approves under its own policy, the style is there, and nothing else is asked for', async () => {
      const link = await linkOfRequest('read')
      const { page, asked, complaints } = await opened(link)
      await page.getByRole('heading', { name: 'May support access your account?' }).waitFor()
      expect(await page.evaluate('getComputedStyle(document.querySelector("main")).maxWidth')).toBe('480px')
      await page.getByRole('button', { name: 'Approve' }).click()
      await page.getByRole('heading', { name: 'You approved the access' }).waitFor()
      const { access_grants: grants } = await ask('/access_grants', 'GET', own)
      expect(grants[0]).toMatchObject({ mode: 'read', reason: 'Contacts are there twice, read' })
      await page.goto(link)
      await page.getByRole('heading', { name: 'This link does not work any more' }).waitFor()
      expect(complaints).toEqual([expect.stringContaining('404')])
      expect(asked.filter((address) => !address.startsWith(`${url}/support_access`))).toEqual([])
    })
  },
)
