import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { configurationOf, configurationProblems } from '../../src/cli/checks/docs/configuration.ts'
import { pagesOf, referenceProblems } from '../../src/cli/checks/docs/references.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const SCRIPT = join(ROOT, 'src/cli/checks/docs.ts')

const FILES = {
  'package.json': '{"scripts":{"check":""}}',
  'src/app.ts': '',
  'docs/api.md': '# The API\n\n## Pages\n\n## Pages\n\n## What `npm` does, and why\n',
}

/** A folder with these files, for the time of the test. */
function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'steward-docs-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [path, text] of Object.entries({ ...FILES, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

test('the documentation as it is passes', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/api.md', 'docs/configuration.md']
  expect(pagesOf(ROOT)).toEqual(expect.arrayContaining(pages))
  expect(referenceProblems(ROOT)).toEqual([])
})

test.each<{ what: string; text: string; problem: string }>([
  { what: 'a path in backticks', text: 'See `src/gone.ts`.', problem: 'src/gone.ts does not exist' },
  { what: 'a folder', text: 'Below `src/gone/`.', problem: 'src/gone/ does not exist' },
  { what: 'a pattern', text: 'All `test/*.test.ts`.', problem: 'test/*.test.ts does not exist' },
  { what: 'a path in a command', text: 'Run `node src/gone.ts`.', problem: 'src/gone.ts does not exist' },
  { what: 'a path in a table', text: '| `docs/gone.md` | a |', problem: 'docs/gone.md does not exist' },
  { what: 'a file at the root', text: 'In `wrangler.toml`.', problem: 'wrangler.toml does not exist' },
  { what: 'a link', text: 'The [API](docs/gone.md).', problem: 'the link docs/gone.md leads nowhere' },
  {
    what: 'a link from two lines',
    text: 'up](docs/gone.md)',
    problem: 'the link docs/gone.md leads nowhere',
  },
  { what: 'a reference', text: '[api]: docs/gone.md', problem: 'the link docs/gone.md leads nowhere' },
  {
    what: 'an anchor of another page',
    text: 'See [here](docs/api.md#gone).',
    problem: 'docs/api.md has no heading for #gone',
  },
  { what: 'an anchor of the page', text: '[Up](#gone)', problem: 'README.md has no heading for #gone' },
  {
    what: 'a heading in code',
    text: '[Up](#not)\n\n```sh\n# not\n```',
    problem: 'README.md has no heading for #not',
  },
  { what: 'a long line', text: 'word '.repeat(23), problem: '115 characters, more than 110' },
])('the check fails for $what', ({ text, problem }) => {
  expect(referenceProblems(folderWith({ 'README.md': text }))).toEqual([`README.md:1: ${problem}`])
})

test.each(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/storage.md'])('%s is checked', (page) => {
  expect(referenceProblems(folderWith({ [page]: '\n`src/gone.ts`' }))).toEqual([
    `${page}:2: src/gone.ts does not exist`,
  ])
})

test('a link is followed from where its page lies, a path from the root', () => {
  const text = '[API](api.md#pages) [hall](../src/app.ts) `src/app.ts` [gone](src/app.ts)'
  expect(referenceProblems(folderWith({ 'docs/storage.md': text }))).toEqual([
    'docs/storage.md:1: the link src/app.ts leads nowhere',
  ])
})

test('the check fails for an npm script that there is not, in code as well', () => {
  const text = '`npm run check`\n\n```sh\nnpm run gone\n```\n'
  expect(referenceProblems(folderWith({ 'README.md': text }))).toEqual([
    'README.md: there is no npm run gone',
  ])
})

test('the check fails for a README of more than 130 lines, and for no other page', () => {
  const text = 'A line\n'.repeat(131)
  expect(referenceProblems(folderWith({ 'README.md': text, 'docs/storage.md': text }))).toEqual([
    'README.md: 131 lines, more than 130',
  ])
})

test.each([
  { what: 'a path of the API', text: '`/docs/page.css` and `GET /lists/:uid`' },
  { what: 'a path outside the repository', text: '`.wrangler/demo.json`, `dist/client.d.ts`' },
  { what: 'a name without a folder', text: '`clients.routes.ts`, `src`' },
  { what: 'a placeholder that something fits', text: '`docs/<page>.md`' },
  { what: 'the second heading of a name', text: '[Pages](docs/api.md#pages-1)' },
  { what: 'a heading with code and a comma', text: '[Why](docs/api.md#what-npm-does-and-why)' },
  { what: 'a link elsewhere', text: '[a](https://example.com/#b) <mailto:a@example.com>' },
  { what: 'what looks like a link in code', text: '`[a](gone.md)`' },
  { what: 'code', text: `\`\`\`ts\n${'x'.repeat(200)} \`src/gone.ts\`\n\`\`\`` },
  { what: 'a long row', text: `| ${'x'.repeat(200)} |` },
  { what: 'a long link', text: `[a](https://example.com/${'x'.repeat(200)})` },
])('the check passes $what', ({ text }) => {
  expect(referenceProblems(folderWith({ 'README.md': text }))).toEqual([])
})

const CONFIGURATION = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8')

test.each([
  {
    change: 'a secret that is missing',
    from: '| `PSEUDONYM_KEY` |',
    to: '| |',
    heading: 'Secrets',
    name: 'PSEUDONYM_KEY',
  },
  {
    change: 'a binding that is missing',
    from: '| `PAGES` |',
    to: '| |',
    heading: 'Bindings',
    name: 'PAGES',
  },
])('the check fails for $change', ({ from, to, heading, name }) => {
  expect(CONFIGURATION).toContain(from)
  const problems = configurationProblems(
    CONFIGURATION.replace(from, to),
    configurationOf(join(ROOT, 'wrangler.toml')),
  )
  expect(problems).toEqual([`${name} is not below ## ${heading}`])
})

test('the check fails for a binding that nothing knows', () => {
  const changed = CONFIGURATION.replace('| `PAGES` |', '| `PAGES`, `MORE_FILES` |')
  const problems = configurationProblems(changed, configurationOf(join(ROOT, 'wrangler.toml')))
  expect(problems).toEqual(['MORE_FILES below ## Bindings is unknown'])
})

test('npm run check fails and says why', () => {
  const cwd = folderWith({
    'README.md': '`src/gone.ts`',
    'docs/configuration.md': CONFIGURATION,
    'wrangler.toml': readFileSync(join(ROOT, 'wrangler.toml'), 'utf8'),
  })
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT], { cwd, encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toContain('README.md:1: src/gone.ts does not exist\n')
})
