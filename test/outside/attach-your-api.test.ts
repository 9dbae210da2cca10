import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { run, started } from './support/processes.ts'

const guide = await readFile(resolve(import.meta.dirname, '../../docs/attach-your-api.md'), 'utf8')

/** The block of code of the guide that has `text` in it. */
function block(language: string, text: string): string {
  const blocks = [...guide.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
  const found = blocks.filter(([, name, code]) => name === language && code?.includes(text))
  expect(found).toHaveLength(1)
  return found[0]?.[2] ?? ''
}

const { folder, url, attached } = inject('service')
let stop: () => Promise<void>

beforeAll(async () => {
  await writeFile(join(folder, 'api.mjs'), block('js', 'createServer'))
  const env = { PORT: new URL(attached.CUSTOMER_API_URL).port, STEWARD: url }
  const api = await started(['api.mjs'], { cwd: folder, env }, /The API answers on (\S+)/)
  expect(api.found).toBe(attached.CUSTOMER_API_URL)
  stop = api.stop
})
afterAll(() => stop())

test('Steward runs with the settings of the guide, but for the port', () => {
  const [, ...settings] = /^(.*) npm start$/m.exec(block('sh', 'npm start'))?.[0].match(/\S+=\S+/g) ?? []
  const { CUSTOMER_API_URL: _, ...others } = attached
  expect(settings).toEqual(Object.entries(others).map(([name, value]) => `${name}=${value}`))
})

test('the calls of the guide answer what it says', async () => {
  const lines = block('sh', '/v1/orders')
  const said = [...lines.matchAll(/^# (.*)$/gm)].map(([, line]) => line)
  const { stdout, stderr } = await run('sh', ['-c', lines], { cwd: folder })
  expect(stderr).toBe('')
  expect(stdout.trim().split('\n')).toEqual(said)
})

test('the record is in the trail', async () => {
  const [command = ''] = block('sh', '/admin/audit').trim().split('\n')
  const entries = await vi.waitUntil(
    async () => {
      const { stdout } = await run('sh', ['-c', command.replace('npm run call --', 'node src/cli/call.ts')], {
        cwd: folder,
      })
      const { data } = JSON.parse(stdout.slice(stdout.indexOf('{')))
      return data.length === 2 ? data : undefined
    },
    { timeout: 20_000, interval: 500 },
  )
  expect(entries).toMatchObject([
    { stage: 'completed', method: 'POST', path: '/v1/orders', status: 201, reason: 'Ticket 4711' },
    { stage: 'received', method: 'POST', path: '/v1/orders' },
  ])
})

test.each<{ name: string; headers: Record<string, string> }>([
  { name: 'nothing', headers: {} },
  { name: 'a made-up assertion', headers: { 'Steward-Assertion': 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.' } },
])('past Steward nobody gets in, with $name', async ({ headers }) => {
  const response = await fetch(`${attached.CUSTOMER_API_URL}/v1/orders`, { headers })
  expect(response.status).toBe(401)
})

test('the sample is about forty lines', () => {
  const code = block('js', 'createServer')
    .split('\n')
    .filter((line) => line.trim() !== '')
  expect(code.length).toBeLessThanOrEqual(45)
})
