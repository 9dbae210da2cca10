import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { environmentProblems } from '../../src/cli/checks/environment-rules.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const LOGS = 'invocation_logs = false'
const SCRIPT = join(ROOT, 'src/cli/checks/environments.ts')
const CONFIG = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')

/** A folder with this wrangler.toml, for the time of the test. */
function folderWith(config: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'steward-check-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'wrangler.toml'), config)
  return folder
}

const problemsOf = (config: string) => environmentProblems(join(folderWith(config), 'wrangler.toml'))

/** Changes the setting of one environment, and only that. */
function changed(environment: 'top' | 'production', from: string, to: string): string {
  const [top = '', production = ''] = CONFIG.split(/(?=^\[env\.production\]$)/m)
  const parts = { top, production }
  expect(parts[environment].split(from), `${from} at the ${environment}`).toHaveLength(2)
  parts[environment] = parts[environment].replace(from, to)
  return parts.top + parts.production
}

test('wrangler.toml as it is passes', () => {
  expect(problemsOf(CONFIG)).toEqual([])
})

test('npm run check fails and says why', () => {
  const cwd = folderWith(changed('production', LOGS, 'invocation_logs = true'))
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT], { cwd, encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toContain('in [env.production] observability.logs.invocation_logs has to be')
})

const TRACES = 'traces = { enabled = false }'
const DIFFERS = '[env.production] differs from the top level in'
const IN_PRODUCTION = 'in [env.production]'
const AT_TOP = 'at the top level'

test.each<{ breaks: string; in: 'top' | 'production'; from: string; to: string; said: string[] }>([
  {
    breaks: 'invocation logs in production',
    in: 'production',
    from: LOGS,
    to: 'invocation_logs = true',
    said: [`${DIFFERS} observability`, `${IN_PRODUCTION} observability.logs.invocation_logs has to be false`],
  },
  {
    breaks: 'invocation logs by default',
    in: 'production',
    from: `, ${LOGS}`,
    to: '',
    said: [`${DIFFERS} observability`, `${IN_PRODUCTION} observability.logs.invocation_logs has to be false`],
  },
  {
    breaks: 'invocation logs at the top level',
    in: 'top',
    from: LOGS,
    to: 'invocation_logs = true',
    said: [`${DIFFERS} observability`, `${AT_TOP} observability.logs.invocation_logs has to be false`],
  },
  {
    breaks: 'traces, which keep URLs as well',
    in: 'production',
    from: TRACES,
    to: 'traces = { enabled = true }',
    said: [`${DIFFERS} observability`, `${IN_PRODUCTION} observability.traces.enabled has to be false`],
  },
  {
    breaks: 'query strings in what is kept of an exception',
    in: 'production',
    from: 'redact_query_string = true',
    to: 'redact_query_string = false',
    said: [`${DIFFERS} observability`, `${IN_PRODUCTION} observability.redact_query_string has to be true`],
  },
  {
    breaks: 'trace events pushed elsewhere',
    in: 'production',
    from: 'minify = true',
    to: 'minify = true\nlogpush = true',
    said: [`${IN_PRODUCTION} there must be no logpush`],
  },
  {
    breaks: 'another Worker that is told of each request',
    in: 'production',
    from: 'minify = true',
    to: 'minify = true\ntail_consumers = [{ service = "other" }]',
    said: [`${IN_PRODUCTION} there must be no tail consumers`],
  },
  {
    breaks: 'workers.dev beside the domain',
    in: 'production',
    from: 'workers_dev = false',
    to: 'workers_dev = true',
    said: [`${IN_PRODUCTION} workers_dev has to be false`],
  },
  {
    breaks: 'workers.dev by inheritance',
    in: 'production',
    from: 'workers_dev = false',
    to: '',
    said: [`${IN_PRODUCTION} workers_dev has to be false`],
  },
  {
    breaks: 'preview URLs',
    in: 'production',
    from: 'preview_urls = false',
    to: 'preview_urls = true',
    said: [`${IN_PRODUCTION} preview_urls has to be false`],
  },
  {
    breaks: 'a setting that makes no sense',
    in: 'production',
    from: 'PUBLIC_URL = "https://steward.example.com"',
    to: 'PUBLIC_URL = "steward.example.com"',
    said: [`${IN_PRODUCTION} PUBLIC_URL is missing or invalid`],
  },
  {
    breaks: 'a setting without a default that is not set',
    in: 'top',
    from: 'MAIL_FROM = "steward@example.com"',
    to: '',
    said: [`${AT_TOP} MAIL_FROM is missing or invalid`],
  },
  {
    breaks: 'a misspelt setting, which would be left at its default',
    in: 'production',
    from: 'MAIL_FROM = "steward@example.com"',
    to: 'MAIL_FROM = "steward@example.com"\nLOCKOUT_TRESHOLD = "3"',
    said: [`${IN_PRODUCTION} LOCKOUT_TRESHOLD is no setting`],
  },
  {
    breaks: 'another limit than is tried locally',
    in: 'production',
    from: 'cpu_ms = 20000',
    to: 'cpu_ms = 300000',
    said: [`${DIFFERS} limits`],
  },
])('the check fails for $breaks', ({ in: environment, from, to, said }) => {
  expect(problemsOf(changed(environment, from, to))).toEqual(said)
})
