import chromium from '@sparticuz/chromium'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium as driver, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

const { url, demo } = inject('service')
const customer = demo.customers[0]

let browser: Browser

/** Opens /docs, and notes what it asks for and complains of. */
async function openDocs(options: BrowserContextOptions = {}) {
  const page = await (await browser.newContext(options)).newPage()
  const asked: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', ({ message }) => complaints.push(message))
  await page.goto(`${url}/docs`)
  await page.getByRole('heading', { name: 'Introduction' }).waitFor()
  return { page, asked, complaints }
}

/** Fills in a form of "Try it out", sends it, and gives the status line and the body that come of it. */
async function tryOut(page: Page, call: string, fields: Record<string, string> = {}) {
  const [method = '', path = ''] = call.split(' ')
  await page
    .locator('summary', { hasText: method })
    .filter({ hasText: spaced(path) })
    .click()
  const form = page.getByRole('form', { name: `Try out ${call}`, exact: true })
  for (const [label, value] of Object.entries(fields)) {
    const control = form.getByLabel(label, { exact: true })
    if ((await control.evaluate(({ tagName }) => tagName)) === 'SELECT') await control.selectOption(value)
    else await control.fill(value)
  }
  await form.getByRole('button', { name: 'Send' }).click()
  const status = form.getByRole('status').filter({ hasText: /^\d{3}/ })
  await status.waitFor()
  const body = await form.getByRole('group', { name: 'Body of the answer' }).textContent()
  return { status: await status.textContent(), body: JSON.parse(body ?? '') }
}

/** A path as it is shown: it may break after each slash. */
const spaced = (path: string) => new RegExp(`${path.replaceAll('/', '/\u200b').replace(/[{}]/g, '\\$&')} `)

// The Chromium that npm has is for this platform only.
describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('/docs in a browser', () => {
  beforeAll(async () => {
    browser = await driver.launch({ executablePath: await chromium.executablePath(), args: chromium.args })
  })
  afterAll(() => browser.close())

  test('a session is made and used by clicks: bodies are signed, and what was entered survives a reload', async () => {
    const { page, asked, complaints } = await openDocs()
    await page.getByLabel('Client id').fill(demo.client.id)
    await page.getByLabel('Client secret').fill(demo.client.secret)
    const login = await tryOut(page, 'POST /admin/login', { Body: JSON.stringify(demo.super_admin, null, 2) })
    expect(login.status).toBe('200 OK: POST /admin/login')
    await page.reload()
    await page.getByRole('heading', { name: 'Introduction' }).waitFor()
    expect(await page.getByLabel('Token').inputValue()).toBe(login.body.data.auth_token)
    const created = await tryOut(page, 'POST /admin/new', {
      Body: '{"email": "by.clicks@example.com", "role": "admin"}',
    })
    expect(created.status).toBe('201 Created: POST /admin/new')
    const bound = await tryOut(page, 'POST /admin/clients', {
      Body: '{"name": "Bound", "require_bound_signatures": true}',
    })
    await page.getByLabel('Client id').fill(bound.body.data.id)
    await page.getByLabel('Client secret').fill(bound.body.data.secret)
    const found = await tryOut(page, 'GET /admin/list', { search_query: 'by.clicks@', per_page: '5' })
    expect(found.body).toMatchObject({ data: [{ email: 'by.clicks@example.com' }], meta: { per_page: 5 } })
    expect(complaints).toEqual([])
    expect(asked.filter((address) => !address.startsWith(`${url}/`))).toEqual([])
  })

  test('a customer calls with its key, an admin for it with another, and both can be forgotten', async () => {
    const { page } = await openDocs()
    await page.getByLabel('Customer’s key').fill(customer?.api_key ?? '')
    const own = await tryOut(page, 'GET /account')
    expect(own.body.account.customer_uid).toBe(customer?.uid)
    await page.getByLabel('Admin API key', { exact: true }).fill(demo.admin_api_key)
    await page.getByLabel('Customer uid').fill(customer?.uid ?? '')
    const acting = await tryOut(page, 'POST /lists', {
      'Call with': '1',
      'X-ADMIN-REASON': 'Ticket 1',
      Body: '{"name": "By clicks"}',
    })
    expect(acting.status).toBe('201 Created: POST /lists')
    await page.getByRole('button', { name: 'Forget them' }).click()
    await page.reload()
    await page.getByRole('heading', { name: 'Introduction' }).waitFor()
    expect(await page.getByLabel('Admin API key', { exact: true }).inputValue()).toBe('')
    const nobody = await tryOut(page, 'GET /account')
    expect(nobody).toMatchObject({
      status: '401 Unauthorized: GET /account',
      body: { code: 'credentials_missing' },
    })
  })

  test('an operation of an attached API is shown, however little or oddly its document tells', async () => {
    const { page, complaints } = await openDocs()
    await page.route('**/openapi.json', async (route) => {
      const document = await (await route.fetch()).json()
      document.tags.push({ name: 'Trees' })
      document.components.schemas['Attached.Tree'] = {
        properties: { kind: { type: 'string' }, branch: { $ref: '#/components/schemas/Attached.Tree' } },
      }
      const content = { 'application/json': { schema: { $ref: '#/components/schemas/Attached.Tree' } } }
      document.paths['/v1/trees/{id}'] = {
        put: {
          operationId: 'put_v1_trees',
          summary: 'PUT /v1/trees/{id}',
          tags: ['Trees'],
          parameters: [{ in: 'path', name: 'id', required: true }],
          security: [{ customerKey: [] }],
          requestBody: { content },
          responses: { 200: { description: '', content }, 404: { $ref: '#/components/nothing/x' } },
        },
      }
      await route.fulfill({ json: document })
    })
    await page.reload()
    await page.getByText('PUT /v1/trees/{id}').click()
    const form = page.getByRole('form', { name: 'Try out PUT /v1/trees/{id}' })
    await form.getByLabel('id (required)').fill('7')
    expect(await page.locator('#put_v1_trees dt').allTextContents()).toEqual(['200', '404'])
    expect(complaints).toEqual([])
  })

  test.each([
    { width: 390, colorScheme: 'light' as const },
    { width: 1280, colorScheme: 'dark' as const },
  ])(
    'everybody can use it at $width pixels in $colorScheme colours, all of it opened',
    async ({ width, colorScheme }) => {
      // The checker is put into the page, which its policy forbids.
      const { page } = await openDocs({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true })
      await page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
      await page.locator('details:last-of-type dl').last().waitFor()
      await page.evaluate(axe.source)
      const violations = await page.evaluate(
        'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))',
      )
      expect(violations).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    },
  )
})
