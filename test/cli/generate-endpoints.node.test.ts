import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const SCRIPT = join(ROOT, 'src/cli/generate/endpoints.ts')
const PAGE = readFileSync(join(ROOT, 'docs/api.md'), 'utf8')

/** Runs the script where the page is this one. */
function run(page: string, ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'steward-endpoints-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'docs'))
  writeFileSync(join(folder, 'docs/api.md'), page)
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { cwd: folder, encoding: 'utf8' })
  return { status, stderr, page: readFileSync(join(folder, 'docs/api.md'), 'utf8') }
}

const ROW = '| `DELETE /lists/{uid}` | Delete a list | the customer, or an admin key for it |\n'

test('the tables name who may call', () => {
  for (const row of [
    ROW,
    '| `GET /health` | Tell that the service is alive | everyone |\n',
    '| `POST /admin/login` | Log in | a registered client |\n',
    "| `POST /api_keys` | Create an API key | the customer's own keys only |\n",
    '| `POST /admin/logout` | Log out | every role |\n',
    '| `GET /admin/audit` | List audit entries, newest first | `super_admin`; keys with `audit:read` |\n',
  ])
    expect(PAGE).toContain(row)
})

test('a page that lacks an endpoint fails the check, and is mended', () => {
  const outdated = PAGE.replace(ROW, '')
  const checked = run(outdated, '--check')
  expect(checked).toMatchObject({ status: 1, page: outdated })
  expect(checked.stderr).toContain('run npm run generate:endpoints')
  expect(run(outdated)).toMatchObject({ status: 0, page: PAGE })
})

test('a page that is up to date passes and stays', () => {
  expect(run(PAGE, '--check')).toEqual({ status: 0, stderr: '', page: PAGE })
})
