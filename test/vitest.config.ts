import { existsSync, statfsSync } from 'node:fs'
import { resolve } from 'node:path'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { buildPages, PAGES_FOLDER } from '../src/cli/local/pages.ts'
import { quietRuntime } from './support/quiet-runtime.ts'
import { TEST_SECRETS } from './support/secrets.ts'

const fromRoot = (path: string) => resolve(import.meta.dirname, '..', path)

quietRuntime()

// The Worker does not start without its files.
if (!existsSync(PAGES_FOLDER)) await buildPages()

// Where there is no .dev.vars, wrangler looks for declared secrets in the environment and complains if they are missing.
Object.assign(process.env, TEST_SECRETS)

// What tests store is thrown away: in memory, where there is room, they take a fifth of the time.
const memory = '/dev/shm'
if (existsSync(memory) && freeBytes(memory) > 2 ** 30) process.env.TMPDIR = memory

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}

/** How a line of the request log begins. */
const REQUEST_LINE = '{"level":"info","request_id":'

/** The tests of what runs in Node, such as the commands. */
const NODE_TESTS = 'test/**/*.node.test.ts'

/** The tests of the Worker, in its own runtime. */
export const inWorkerd = async () => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: fromRoot('wrangler.toml') },
      miniflare: {
        bindings: {
          ...TEST_SECRETS,
          TEST_MIGRATIONS: await readD1Migrations(fromRoot('migrations')),
        },
        // As in wrangler.toml, but without waiting seconds for a batch to fill.
        queueConsumers: {
          'steward-audit': {
            maxBatchSize: 100,
            maxBatchTimeout: 0.05,
            maxRetries: 100,
            deadLetterQueue: 'steward-audit-dlq',
          },
          'steward-audit-dlq': { maxBatchSize: 10, maxBatchTimeout: 0.05, maxRetries: 100 },
        },
        unsafeBindings: [
          {
            name: 'SENT_MAIL',
            type: 'sent-mail',
            plugin: { package: fromRoot('test/support/local-mail.ts'), name: 'sent-mail' },
            options: {},
          },
        ],
      },
    }),
  ],
  test: {
    name: 'workerd',
    root: fromRoot('.'),
    include: ['test/**/*.test.ts'],
    exclude: [NODE_TESTS, 'test/outside/**'],
    globalSetup: fromRoot('test/support/attached/upstream.ts'),
    setupFiles: [fromRoot('test/support/setup.ts')],
    // One isolate for all files: each resets the storage before each test, and starting workerd anew costs a second.
    isolate: false,
    testTimeout: 30_000,
    // CONTACTS=1000000 makes the test of sizes run at the full one.
    provide: { contactsOfLargeCustomer: Number(process.env.CONTACTS ?? 50_000) },
  },
})

const inNode = {
  test: { name: 'node', root: fromRoot('.'), include: [NODE_TESTS], testTimeout: 30_000 },
}

export default defineConfig(async () => ({
  test: {
    root: fromRoot('.'),
    projects: [await inWorkerd(), inNode, fromRoot('test/outside/vitest.config.ts')],
    // The service writes a line for each request.
    onConsoleLog: (text: string) => !text.split('\n').every((line) => !line || line.startsWith(REQUEST_LINE)),
    reporters: ['default', fromRoot('test/support/tally-reporter.ts')],
  },
}))
