import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8')

test.each([
  { page: 'docs/api.md', row: '| `GET /health` | Tell that the service is alive | everyone |' },
  { page: 'docs/api.md', row: '| `POST /admin/login` | Log in | a registered client, a browser |' },
  { page: 'docs/api.md', row: "| `POST /api_keys` | Create an API key | the customer's own keys only |" },
  { page: 'docs/api.md', row: '| `POST /admin/logout` | Log out | every role |' },
  {
    page: 'docs/api.md',
    row: '| `GET /admin/audit` | List audit entries, newest first | `super_admin`; keys with `audit:read` |',
  },
  {
    page: 'docs/configuration.md',
    row: '| `LOCKOUT_SECONDS` | For how many seconds the account stays locked. | `3600` |',
  },
  {
    page: 'docs/configuration.md',
    row: '| `MAIL_FROM` | The sender of mails: an address of a domain that can send mail. | none: it has to be set |',
  },
])('$page has the row $row', ({ page, row }) => {
  expect(textOf(page)).toContain(`${row}\n`)
})

describe.each([
  {
    name: 'endpoints',
    page: 'docs/api.md',
    row: '| `DELETE /lists/{uid}` | Delete a list | the customer, or an admin key for it |\n',
  },
  {
    name: 'settings',
    page: 'docs/configuration.md',
    row: '| `PRODUCT_NAME` | The name in mails and pages, of 1 to 60 characters. | `Steward` |\n',
  },
])('npm run generate:$name', ({ name, page, row }) => {
  const current = textOf(page)

  /** Runs the script where the page is this one. */
  function run(text: string, ...args: string[]) {
    const folder = mkdtempSync(join(tmpdir(), 'steward-generated-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    mkdirSync(join(folder, 'docs'))
    writeFileSync(join(folder, page), text)
    const script = join(ROOT, `src/cli/generate/${name}.ts`)
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], {
      cwd: folder,
      encoding: 'utf8',
    })
    return { status, stderr, text: readFileSync(join(folder, page), 'utf8') }
  }

  test('mends a page that lacks a row, which fails the check', () => {
    const outdated = current.replace(row, '')
    expect(outdated).not.toBe(current)
    const checked = run(outdated, '--check')
    expect(checked).toMatchObject({ status: 1, text: outdated })
    expect(checked.stderr).toContain(`run npm run generate:${name}`)
    expect(run(outdated)).toMatchObject({ status: 0, text: current })
  })

  test('passes and keeps a page that is up to date', () => {
    expect(run(current, '--check')).toEqual({ status: 0, stderr: '', text: current })
  })
})
