import { afterAll, describe, expect, test } from 'vitest'
import { closeBrowser, consoleOf, demo, hasChromium } from '../support/console.ts'

describe.skipIf(!hasChromium)('the trail in the console', () => {
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
})
