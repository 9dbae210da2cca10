import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from './support/processes.ts'

const root = resolve(import.meta.dirname, '../..')
const guide = await readFile(join(root, 'docs/add-a-resource.md'), 'utf8')

/** The files of the guide, and the lines that go into others, each below the first line that has a text in it. */
const blocks = [...guide.matchAll(/^```ts\n\/\/ (\S+?)(?:, below (.+))?\n([\s\S]*?)^```$/gm)].map(
  ([, path = '', below, code = '']) => ({ path, below, code }),
)

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-resource-'))
  for (const name of [
    'src',
    'test',
    'docs',
    'migrations',
    'package.json',
    'tsconfig.json',
    'wrangler.toml',
    'README.md',
  ])
    await cp(join(root, name), join(folder, name), { recursive: true })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const { path, below, code } of blocks) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, below === undefined ? code : inserted(await readFile(file, 'utf8'), below, code))
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function inserted(text: string, below: string, code: string): string {
  const lines = text.split('\n')
  const place = lines.findIndex((line) => line.includes(below))
  expect(place, below).not.toBe(-1)
  lines.splice(place + 1, 0, code.trimEnd())
  return lines.join('\n')
}

test('the guide has three files, a test, and few lines elsewhere', () => {
  const files = blocks.filter(({ below }) => below === undefined)
  expect(files.map(({ path }) => path)).toEqual([
    'src/db/schema/notes.ts',
    'src/customer/notes/notes.service.ts',
    'src/customer/notes/notes.routes.ts',
    'test/customer/notes/notes.test.ts',
  ])
  expect(blocks.length - files.length).toBe(7)
})

const VITEST = 'vitest run --config test/vitest.config.ts --project workerd -t note'

test.each([
  {
    what: 'the migration is generated',
    line: 'drizzle-kit generate --config src/db/drizzle.config.ts --name notes',
  },
  { what: 'the endpoints are generated', line: 'node src/cli/generate/endpoints.ts' },
  { what: 'the types hold', line: 'tsc --noEmit' },
  { what: 'the imports are in order', line: 'node src/cli/checks/imports.ts' },
  { what: 'the document describes it', line: 'node src/cli/checks/openapi.ts' },
  {
    what: 'the tests pass, the walks over all routes among them',
    line: `${VITEST} test/customer/notes test/customer/same-answers.test.ts test/auth/route-table.test.ts test/openapi`,
  },
])('what the guide says works: $what', async ({ line }) => {
  const [command = '', ...args] = line.split(' ')
  const { status, stdout, stderr } = await run(command, args, { cwd: folder })
  expect(status, `${stdout}\n${stderr}`.slice(-4_000)).toBe(0)
})
