import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { run } from './support/processes.ts'

const { folder, url, demo } = inject('service')
const [acme, globex] = demo.customers as [(typeof demo.customers)[0], (typeof demo.customers)[0]]
const client = `${demo.client.id}:${demo.client.secret}`
const secrets = [
  demo.client.secret,
  demo.super_admin.password,
  demo.admin_api_key,
  ...demo.customers.map(({ api_key }) => api_key),
]
const sessionFile = join(folder, '.wrangler/call-session.json')

/** `npm run call -- ...args`, and that it tells none of the credentials it has. */
async function call(args: string[], env: Record<string, string | undefined> = {}, stdin?: string) {
  const { status, stdout, stderr } = await run('node', ['src/cli/call.ts', ...args], {
    cwd: folder,
    env,
    ...(stdin !== undefined && { stdin }),
  })
  const given = Object.entries(env).flatMap(([name, value]) =>
    /^STEWARD_(?!URL)/.test(name) && value ? [value] : [],
  )
  for (const secret of [...secrets, ...given])
    expect((stdout + stderr).includes(secret), 'a secret is shown').toBe(false)
  return { status, stdout, stderr }
}

async function login(): Promise<string> {
  await call(['GET', '/admin'])
  return JSON.parse(await readFile(sessionFile, 'utf8')).token
}

test('a call to the admin surface is signed, with a session that is kept', async () => {
  const made = await call(['POST', '/admin/new', '{"email":"made.by.call@example.com","role":"admin"}'])
  expect(made).toMatchObject({ status: 0, stderr: '' })
  expect(made.stdout).toMatch(
    /^201 Created\nX-Request-Id: req_\S+\n(.*\n)*\n\{\n {2}"message": "Admin created/,
  )
  const kept = await readFile(sessionFile, 'utf8')
  expect((await stat(sessionFile)).mode & 0o777).toBe(0o600)
  const again = await call(['--body', 'get', '/admin'])
  expect(JSON.parse(again.stdout).data.email).toBe(demo.super_admin.email)
  expect(await readFile(sessionFile, 'utf8')).toBe(kept)
})

test('a client that requires bound signatures is signed for so, and calls that are alike as well', async () => {
  const made = await call([
    '--body',
    'POST',
    '/admin/clients',
    '{"name":"Bound","require_bound_signatures":true}',
  ])
  const { id, secret } = JSON.parse(made.stdout).data
  const env = { STEWARD_URL: url, STEWARD_CLIENT: `${id}:${secret}`, STEWARD_TOKEN: await login() }
  expect(await call(['GET', '/admin/list?per_page=1'], env)).toMatchObject({ status: 0 })
  const body = '{"name":"Alike"}'
  const alike = await Promise.all([1, 2, 3].map(() => call(['POST', '/admin/clients', body], env)))
  expect(alike.map(({ status }) => status)).toEqual([0, 0, 0])
})

test('a session that is over is followed by another, and the call is made once', async () => {
  await login()
  const { password } = JSON.parse(await readFile(sessionFile, 'utf8'))
  await writeFile(sessionFile, JSON.stringify({ password, token: `stw_session_${'x'.repeat(43)}` }))
  const made = await call(['POST', '/admin/clients', '{"name":"Once"}', '--body'])
  expect(made.status).toBe(0)
  const { stdout } = await call(['GET', '/admin/clients', '--body'])
  const names = JSON.parse(stdout).data.map(({ name }: { name: string }) => name)
  expect(names.filter((name: string) => name === 'Once')).toHaveLength(1)
})

test.each([
  { as: 'the first customer', args: [], env: {}, uid: acme.uid, audited: false },
  { as: 'an admin for a customer', args: ['-c', globex.uid], env: {}, uid: globex.uid, audited: true },
  { as: 'a customer', args: [], env: { STEWARD_KEY: globex.api_key }, uid: globex.uid, audited: false },
  {
    as: 'an admin, all of it from the environment',
    args: ['--customer', acme.uid, '-H', 'X-ADMIN-REASON: Ticket 1'],
    env: { STEWARD_URL: `${url}/`, STEWARD_KEY: demo.admin_api_key },
    uid: acme.uid,
    audited: true,
  },
])('a call to the customer surface as $as', async ({ args, env, uid, audited }) => {
  const { status, stdout } = await call([...args, 'GET', '/account'], env)
  expect(status).toBe(0)
  expect(stdout).toContain(`"customer_uid": "${uid}"`)
  expect(/^X-Audit-Id: aud_/m.test(stdout)).toBe(audited)
})

test('the admin surface by the credentials of the environment', async () => {
  const env = { STEWARD_URL: url, STEWARD_CLIENT: client }
  expect(await call(['GET', '/admin'], { ...env, STEWARD_TOKEN: await login() })).toMatchObject({ status: 0 })
  const byKey = await call(['GET', '/admin/customers'], {
    STEWARD_URL: url,
    STEWARD_KEY: demo.admin_api_key,
  })
  expect(byKey).toMatchObject({ status: 0 })
})

test('the demo credentials go to no other service', async () => {
  const { status, stdout } = await call(['GET', '/lists'], { STEWARD_URL: url })
  expect(status).toBe(1)
  expect(stdout).toMatch(/^401 Unauthorized\n(.*\n)*\n\{/)
  expect(stdout).toContain('"code": "credentials_missing"')
})

test('the body may be a file or standard input, and another type', async () => {
  const csv = 'email,first_name\nfrom.a.file@example.com,File\n'
  await writeFile(join(folder, 'contacts.csv'), csv)
  const header = ['-H', 'Content-Type: text/csv']
  const fromFile = await call([...header, 'POST', '/contacts/bulk', '@contacts.csv'])
  expect(fromFile.stdout).toContain('"created": 1')
  const piped = await call([...header, 'POST', '/contacts/bulk', '-'], {}, csv)
  expect(piped.stdout).toContain('"updated": 1')
  const head = await call(['HEAD', '/lists'])
  expect(head).toMatchObject({ status: 0, stderr: '' })
})

test.each([
  { what: 'wrong arguments', args: ['/lists'], env: {} },
  { what: 'an unknown option', args: ['--nope', 'GET', '/lists'], env: {} },
  { what: 'no client', args: ['GET', '/admin'], env: { STEWARD_URL: url } },
  { what: 'a client without a secret', args: ['GET', '/admin'], env: { STEWARD_CLIENT: 'no-colon' } },
  { what: 'an admin key for nobody', args: ['GET', '/lists'], env: { STEWARD_KEY: demo.admin_api_key } },
  { what: 'a key with a line end', args: ['GET', '/lists'], env: { STEWARD_KEY: 'stw_customer_x\ny' } },
  { what: 'a header without a name', args: ['-H', demo.client.secret, 'GET', '/lists'], env: {} },
  { what: 'a password in the URL', args: ['GET', '/lists'], env: { STEWARD_URL: 'http://a:b@localhost' } },
  { what: 'nobody there', args: ['GET', '/lists'], env: { STEWARD_URL: 'http://localhost:9' } },
])('$what: a sentence, and status 1', async ({ args, env }) => {
  const { status, stdout, stderr } = await call(args, env)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/^\S.*\.?\n/)
  expect(stderr).not.toMatch(/^\s+at /m)
})

test('--help tells what it takes; colours are for terminals only', async () => {
  const help = await call(['--help'])
  expect(help.status).toBe(0)
  expect(help.stdout).toContain('npm run call -- [options] METHOD PATH [BODY]')
  const esc = String.fromCharCode(27)
  expect((await call(['GET', '/account'])).stdout).not.toContain(esc)
  expect((await call(['GET', '/account'], { FORCE_COLOR: '1' })).stdout).toContain(`${esc}[36m"status"`)
})
