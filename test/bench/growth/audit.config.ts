import { defineConfig } from 'vitest/config'
import { inWorkerd } from '../../vitest.config.ts'

const HOUR_MS = 60 * 60 * 1000

/** The tests' own environment, for the one benchmark that has to run inside it: npm run bench:audit. */
export default defineConfig(async () => {
  const { test, ...tests } = await inWorkerd()
  const include = ['test/bench/growth/audit.bench.ts']
  return { ...tests, test: { ...test, include, testTimeout: HOUR_MS } }
})
