import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { run } from './support/processes.ts'

const { url, demo } = inject('service')
let folder = ''

/** Runs a program of npm in the folder, and gives what it said. */
async function succeed(command: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, { cwd: folder, env })
  expect(status, `${command} ${args.join(' ')}: ${stdout}${stderr}`).toBe(0)
  return stdout
}

/** A program that was installed with the others. */
const installed = (name: string) => join(folder, 'node_modules/.bin', name)

// The document that is served, and the generators as npm has them.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-generators-'))
  await cp(resolve(import.meta.dirname, 'generators'), folder, { recursive: true })
  const document = await (await fetch(`${url}/openapi.json`)).text()
  await writeFile(join(folder, 'openapi.json'), document)
  await succeed('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'])
})

afterAll(() => rm(folder, { recursive: true, force: true }))

test.each([
  {
    program: 'openapi-fetch.ts',
    generator: 'openapi-typescript',
    args: ['openapi.json', '-o', 'made/openapi-typescript.ts'],
  },
  { program: 'hey-api.ts', generator: 'openapi-ts', args: ['-i', 'openapi.json', '-o', 'made/hey-api'] },
  { program: 'orval.ts', generator: 'orval', args: [] },
])('the client that $generator makes compiles and works', async ({ program, generator, args }) => {
  const config = {
    steward: { input: 'openapi.json', output: { target: 'made/orval.ts', client: 'fetch', baseUrl: url } },
  }
  await writeFile(join(folder, 'orval.config.mjs'), `export default ${JSON.stringify(config)}`)
  await succeed(installed(generator), args)
  const compilerOptions = {
    target: 'es2024',
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2024', 'dom', 'dom.iterable'],
    types: ['node'],
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [program] }))
  await succeed('tsc', ['--project', folder])
  const bundle = ['--bundle', '--platform=node', '--format=esm', '--outfile=program.mjs']
  await succeed(installed('esbuild'), [program, ...bundle])
  const results = await succeed('node', ['program.mjs'], {
    URL_OF_SERVICE: url,
    CUSTOMER_KEY: demo.customers[0]?.api_key ?? '',
    CLIENT_ID: demo.client.id,
    CLIENT_SECRET: demo.client.secret,
    EMAIL: demo.super_admin.email,
    PASSWORD: demo.super_admin.password,
  })
  expect(JSON.parse(results)).toEqual({
    lists: ['Newsletter'],
    created: expect.stringMatching(/^[a-z0-9]{13}$/),
    refused: { code: 'invalid', email: ['is invalid'] },
    admin: demo.super_admin.email,
    admins: 5,
  })
})

test('Postman takes every operation', async () => {
  await succeed(installed('openapi2postmanv2'), ['-s', 'openapi.json', '-o', 'postman.json'])
  const [document, collection] = await Promise.all(
    ['openapi.json', 'postman.json'].map(async (name) =>
      JSON.parse(await readFile(join(folder, name), 'utf8')),
    ),
  )
  const operations = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  )
  expect(requestsOf(collection).sort()).toEqual(operations.sort())
})

interface PostmanItem {
  item?: PostmanItem[]
  request?: { method: string; url: { path: string[] } }
}

const requestsOf = ({ item = [], request }: PostmanItem): string[] => [
  ...(request ? [`${request.method} /${request.url.path.join('/')}`] : []),
  ...item.flatMap(requestsOf),
]

test('Spectral finds nothing wrong', async () => {
  expect((await succeed('node', ['lint.mjs'])).split('\n').filter(Boolean)).toEqual([])
})
