import { join } from 'node:path'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** What is shown differs by the width, the contrast by the colours. */
const LOOKS = [
  { width: 360, colorScheme: 'light', rules: [] },
  { width: 1440, colorScheme: 'dark', rules: [] },
  { width: 360, colorScheme: 'dark', rules: ['color-contrast'] },
  { width: 1440, colorScheme: 'light', rules: ['color-contrast'] },
] as const

/** The checker is put into the page, which its policy forbids. */
export const OPTIONS = { bypassCSP: true, reducedMotion: 'reduce' } as const

/** Expects that everybody can use what is shown, and that it fits. With SHOTS=<folder> each is a picture there. */
export async function expectUsable(page: Page, what: string) {
  await page.waitForFunction("!document.querySelector('.loading')")
  await page.evaluate(axe.source)
  for (const { width, colorScheme, rules } of LOOKS) {
    const look = `${what}, ${width} pixels, ${colorScheme}`
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    const options = rules.length > 0 ? { runOnly: rules } : {}
    const violations = await page.evaluate(
      `axe.run(${JSON.stringify(options)}).then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))`,
    )
    expect.soft(violations, look).toEqual([])
    expect.soft(await page.evaluate('document.documentElement.scrollWidth'), look).toBe(width)
    if (process.env.SHOTS)
      await page.screenshot({
        path: join(process.env.SHOTS, `${look.replaceAll(/\W+/g, '-')}.png`),
        fullPage: true,
      })
  }
  await page.setViewportSize({ width: 1280, height: 900 })
}

/** Opens a dialog by its button, expects that it is usable, and closes it. */
export async function expectUsableDialog(page: Page, button: string, what = button) {
  await page.getByRole('button', { name: button, exact: true }).first().click()
  await page.getByRole('dialog').waitFor()
  await expectUsable(page, what)
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}
