import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { run } from './support/processes.ts'

const root = resolve(import.meta.dirname, '../..')
const readme = await readFile(join(root, 'README.md'), 'utf8')
const api = await readFile(join(root, 'docs/api.md'), 'utf8')

/** The block of code of a page that has `text` in it. */
function block(page: string, language: string, text: string): string {
  const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
  const found = blocks.filter(([, name, code]) => name === language && code?.includes(text))
  expect(found).toHaveLength(1)
  return found[0]?.[2] ?? ''
}

test('the line that signs a body prints the signature and nothing else', async () => {
  const [command, comment] = block(readme, 'sh', '-hmac swi-test-secret').trim().split('\n')
  const { stdout } = await run('sh', ['-c', `${command}`], { cwd: root })
  expect(stdout).toBe(`${comment?.replace('# ', '')}\n`)
})

test('the lines that log in do', async () => {
  const { folder, demo } = inject('service')
  const { stdout, stderr } = await run('sh', ['-c', block(readme, 'sh', '/admin/login')], { cwd: folder })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toMatchObject({
    message: 'Admin login successful',
    data: { admin: { email: demo.super_admin.email } },
  })
})

/** Where a language is not installed its code is not run. sh knows no --version everywhere; java of before 11 does not, nor does it run a file of source. */
const isThere = (command: string) => command === 'sh' || spawnSync(command, ['--version']).status === 0

/** Both forms of the contract's vectors. */
const SIGNATURES = `bdc1309039da4bd74b5d88bc9e44e2ba6f401888607874471b8c569bffb5eafb
t=1764100000,v2=2b73312740d32794ac9e613663c1be25391443b286ed1aefa64f635d587e4df9
`

const SIGNING: { language: string; command: string; args: (code: string, file: string) => string[] }[] = [
  { language: 'sh', command: 'sh', args: (code) => ['-c', code] },
  { language: 'js', command: 'node', args: (code) => ['--input-type=module', '--eval', code] },
  { language: 'python', command: 'python3', args: (code) => ['-c', code] },
  { language: 'php', command: 'php', args: (_, file) => [file] },
  { language: 'java', command: 'java', args: (_, file) => [file] },
]

test('the guide has code that signs in five languages', () => {
  const blocks = SIGNING.map(({ language }) => block(api, language, 'swi-test-secret'))
  expect(new Set(blocks).size).toBe(5)
})

test.each(SIGNING.filter(({ command }) => isThere(command)))(
  'the code that signs in $language prints both signatures',
  async ({ language, command, args }) => {
    const code = block(api, language, 'swi-test-secret')
    const folder = await mkdtemp(join(tmpdir(), 'steward-signing-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const file = join(folder, `Signing.${language}`)
    await writeFile(file, code)
    expect((await run(command, args(code, file), { cwd: folder })).stdout).toBe(SIGNATURES)
  },
)

test('the typed client compiles in a project that has hono and TypeScript only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steward-typed-client-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const generated = await run('node', ['src/cli/generate/client.ts', '--out', join(folder, 'client.d.ts')], {
    cwd: root,
  })
  expect(generated).toMatchObject({ status: 0, stderr: '' })
  // Of the packages it sees this one only; linked, its own have to be found from where the link is.
  const packages = join(folder, 'node_modules')
  await mkdir(packages)
  await symlink(join(root, 'node_modules/hono'), join(packages, 'hono'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024', 'dom'],
    types: [],
    strict: true,
    noEmit: true,
    preserveSymlinks: true,
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  await writeFile(join(folder, 'index.ts'), `const key = ''\n${block(api, 'ts', 'hc<AppType>')}\n${USES}`)
  expect(await run('tsc', ['--project', folder], { cwd: folder })).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  })
})

/** What a client with types knows, and what it holds against one who does not. */
const USES = `
const uid: string = list.uid
const one = await steward.lists[':uid'].$get({ param: { uid } })
const count: number = (await one.json()).list.contacts_count
const admin = await steward.admin[':id'].$get({ param: { id: '7' } })
const role: 'customer_success' | 'banking_operations' | 'admin' | 'super_admin' = (await admin.json()).data.role
const page = await steward.admin.audit.$get({ query: { outcome: 'refused', per_page: '5' } })
const hash: string | undefined = (await page.json()).data[0]?.hash
export { count, hash, role }

// @ts-expect-error
list.nmae
// @ts-expect-error
await steward.lists.$post({ json: { description: null } })
// @ts-expect-error
await steward.lists[':uid'].$get({ param: {} })
// @ts-expect-error
await steward.admin.audit.$get({ query: { outcome: 'fine' } })
`
