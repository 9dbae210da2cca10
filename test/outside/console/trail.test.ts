import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { closeBrowser, consoleOf, demo, globex, hasChromium, url } from '../support/console.ts'
import { asCustomer, asSuperAdmin, callsAs, person } from '../support/people.ts'

describe.skipIf(!hasChromium)('the trail in the console', () => {
  // Records come by the queue: two sign-ins, with others between them, whichever test runs first.
  beforeAll(async () => {
    await person('admin')
    const logins = () => asSuperAdmin<object[]>('GET', '/admin/audit?route=/admin/login&outcome=success')
    await vi.waitFor(async () => expect((await logins()).length).toBeGreaterThan(1), { timeout: 20_000 })
  })
  afterAll(closeBrowser)

  test('filters are in the address; an entry is checked against its neighbours, and a forged one is told', async () => {
    const { page, complaints } = await consoleOf(demo.super_admin, '/console/trail?outcome=success')
    const table = page.getByRole('table', { name: 'Trail' })
    await table.waitFor()
    await page.getByText('More filters').click()
    await page.getByLabel('Route').fill('/admin/login')
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.waitForURL(/route=%2Fadmin%2Flogin/)
    expect(new URL(page.url()).searchParams.get('outcome')).toBe('success')
    await table.getByRole('link', { name: 'POST /admin/login' }).last().click()
    const check = page.getByRole('button', { name: 'Check the chain' }).last()
    await check.click()
    await page.getByText('✓ Its hash is that of its text and the hash before it').waitFor()
    expect(await page.getByText('✗').count()).toBe(0)

    await page.route('**/admin/audit/export*', async (route) => {
      // The browser says itself that the page asks; who takes its place has to.
      const headers = { ...(await route.request().allHeaders()), 'Sec-Fetch-Site': 'same-origin' }
      const response = await route.fetch({ headers })
      const text = await response.text()
      await route.fulfill({ response, body: text.replaceAll('"status":200', '"status":201') })
    })
    await check.click()
    await page.getByText('✗ Not so: Its hash is that of its text').waitFor()

    await page.goBack()
    await table.waitFor()
    expect(await page.getByLabel('Route').inputValue()).toBe('/admin/login')
    expect(complaints).toEqual([])
  })

  test('an entry that was cut out is missed by the one after it', async () => {
    const { page } = await consoleOf(demo.super_admin, '/console/trail?route=/admin/login')
    const table = page.getByRole('table', { name: 'Trail' })
    await table.getByRole('link', { name: 'POST /admin/login' }).first().click()
    const heading = page.getByRole('heading', { name: /^completed, entry \d+$/ })
    const seq = Number((await heading.textContent())?.split(' ').at(-1))
    await page.route('**/admin/audit/export*', async (route) => {
      const headers = { ...(await route.request().allHeaders()), 'Sec-Fetch-Site': 'same-origin' }
      const response = await route.fetch({ headers })
      const lines = (await response.text()).split('\n')
      const left = lines.filter((line) => !line.includes(`"seq":${seq - 1},`))
      await route.fulfill({ response, body: left.join('\n') })
    })
    await page.getByRole('button', { name: 'Check the chain' }).last().click()
    await page.getByText(`✗ Not so: Entry ${seq - 1}, which it follows, is there`).waitFor()
    await page.getByText('✓ Its hash is that of its text').waitFor()
  })

  test('the first entry has no hash before it', async () => {
    const { page } = await consoleOf(demo.super_admin, '/console/trail')
    const exported = await page.evaluate<string>(
      "fetch('/admin/audit/export', { headers: { 'X-Requested-With': 'steward-console' } }).then((it) => it.text())",
    )
    const [line = ''] = exported.split('\n')
    const { id, seq, prev_hash, hash } = JSON.parse(line)
    expect([seq, prev_hash]).toEqual([1, '0'.repeat(64)])
    await page.goto(`${url}/console/trail/${id}`)
    const check = page.getByRole('button', { name: 'Check the chain' }).first()
    await check.click()
    await page.getByText('✓ It is the first, and no hash is before it').waitFor()

    // Whoever cuts the beginning off and counts anew can make the hash of an entry right, but not the one before it.
    const cut = 'f'.repeat(64)
    const text = line.replace(/,"prev_hash".*/, '}')
    const forged = createHash('sha256')
      .update(cut + text)
      .digest('hex')
    await page.route('**/admin/audit/export*', (route) =>
      route.fulfill({ body: `${line.replace(prev_hash, cut).replace(hash, forged)}\n` }),
    )
    await check.click()
    await page.getByText('✗ Not so: It is the first, and no hash is before it').waitFor()
    await page.getByText('✓ Its hash is that of its text').waitFor()
  })

  test('what is on record when it is read is read again when somebody asks', async () => {
    const { page, context } = await consoleOf(demo.super_admin)
    const customers = page.getByRole('table', { name: 'Customers' })
    const main = page.getByRole('navigation', { name: 'Main' })
    await customers.waitFor()
    await main.getByRole('link', { name: 'Keys' }).click()
    await page.getByRole('table', { name: 'Keys' }).or(page.getByText('There are no keys.')).waitFor()
    const reads: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/admin/customers')) reads.push(request.url())
    })
    await page.clock.install({ time: Date.now() + 10 * 60_000 })
    await main.getByRole('link', { name: 'Customers' }).click()
    await customers.waitFor()
    await context.setOffline(true)
    await page.waitForFunction('!navigator.onLine')
    await main.getByRole('link', { name: 'Keys' }).click()
    await page.getByText('Steward could not be reached').waitFor()
    await context.setOffline(false)
    await page.waitForFunction('navigator.onLine')
    await main.getByRole('link', { name: 'Customers' }).click()
    await customers.waitFor()
    expect(reads).toEqual([])
    const answer = page.waitForResponse((response) => response.url().includes('/admin/customers'))
    await page.getByRole('button', { name: 'Refresh' }).click()
    await answer
    expect(reads).toHaveLength(1)
  })

  test('it is downloaded as it is in the chain', async () => {
    const { page } = await consoleOf(demo.super_admin, '/console/trail')
    await page.getByRole('button', { name: 'Export' }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click()
    expect((await download).suggestedFilename()).toBe('trail.ndjson')
    const stream = await (await download).createReadStream()
    let text = ''
    for await (const part of stream) text += part
    expect(JSON.parse(text.split('\n')[0] ?? '')).toMatchObject({ seq: 1, prev_hash: expect.any(String) })
  })

  test('an entry is read again when somebody asks', async () => {
    const { page } = await consoleOf(demo.super_admin, '/console/trail?route=/admin/login')
    await page.getByRole('table', { name: 'Trail' }).getByRole('link').first().click()
    await page.getByRole('button', { name: 'Check the chain' }).last().waitFor()
    const again = page.waitForResponse(/\/admin\/audit\/aud_/)
    await page.getByRole('button', { name: 'Refresh' }).click()
    expect((await again).status()).toBe(200)
  })

  test('access that never began has no end', async () => {
    await asCustomer(globex.api_key, 'PUT', '/account/support_access', { policy: 'ask' })
    const body = { customer_uid: globex.uid, reason: 'Who is this?', mode: 'read' }
    const asker = await person('customer_success')
    const calls = await callsAs(asker)
    const { id } = await calls<{ id: string }>('POST', '/admin/access_grants', body)
    const { page } = await consoleOf(asker, `/console/grants/${id}`)
    const access = page.getByRole('region', { name: 'Access' })
    await access.getByText('Waiting', { exact: true }).waitFor()
    expect(await access.textContent()).toMatch(/Untilnone/)
    await calls('POST', `/admin/access_grants/${id}/end`)
    await asCustomer(globex.api_key, 'PUT', '/account/support_access', { policy: 'open' })
  })
})
