import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

const fromRoot = (path: string) => resolve(import.meta.dirname, '../..', path)

// What users do from outside, in Node: commands, generated clients, a browser, against a service that npm start runs.
export default defineConfig({
  test: {
    name: 'outside',
    root: fromRoot('.'),
    include: ['test/outside/**/*.test.ts'],
    globalSetup: fromRoot('test/outside/support/running-service.ts'),
    // After the tests in the runtime of Workers, which count on the processor.
    sequence: { groupOrder: 1 },
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    reporters: ['default', fromRoot('test/support/tally-reporter.ts')],
  },
})
