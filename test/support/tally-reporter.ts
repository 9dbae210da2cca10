import type { Reporter, TestModule } from 'vitest/node'

/** Ends the run with a line that any CI can read: `N passed, N failed`, files that could not be loaded among the failed. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]) {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    const brokenFiles = modules.filter(
      (module) => module.state() === 'failed' && module.errors().length > 0,
    ).length
    const skipped = count('skipped')
    const failed = count('failed') + brokenFiles + errors.length
    process.stdout.write(
      `\n${count('passed')} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}\n`,
    )
  }
}
