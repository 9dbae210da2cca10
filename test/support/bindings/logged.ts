import { expect, onTestFinished, vi } from 'vitest'

/** Keeps the lines of failures from the terminal, for a test that causes some; `check` holds that one names `text`. */
export function expectLogged(text: string) {
  const logged = vi.spyOn(console, 'error').mockReturnValue()
  onTestFinished(() => logged.mockRestore())
  return { check: () => expect(logged.mock.calls.join()).toContain(text) }
}
