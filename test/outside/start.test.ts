import { expect, inject, test } from 'vitest'
import { settingsFrom, varArguments } from '../../src/cli/local/settings.ts'
import { run } from './support/processes.ts'

const { folder, url } = inject('service')

/** The port that the running service has. */
const TAKEN = new URL(url).port

test('npm start runs with the settings of the environment', async () => {
  const answer = await fetch(`${url}/health`, { headers: { Origin: 'https://app.example.com' } })
  expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('https://app.example.com')
})

test('every setting can be given, an empty one too, and nothing else is taken', () => {
  const environment: object = { CORS_ORIGINS: '', MAIL_FROM: 'a@example.com', PATH: '/bin', DB: 'x' }
  const settings = settingsFrom(environment as NodeJS.ProcessEnv)
  expect(settings).toEqual({ CORS_ORIGINS: '', MAIL_FROM: 'a@example.com' })
  expect(varArguments({ ...settings, PUBLIC_URL: 'http://localhost:9' })).toEqual([
    ...['--var', 'MAIL_FROM:a@example.com'],
    ...['--var', 'CORS_ORIGINS:'],
    ...['--var', 'PUBLIC_URL:http://localhost:9'],
  ])
})

test.each([
  { args: ['--port', 'x'], env: { PORT: '0' }, says: 'The port is no number from 0 to 65535' },
  { args: ['--port', '70000'], env: {}, says: 'The port is no number from 0 to 65535' },
  { args: [], env: { PORT: 'x' }, says: 'The port is no number from 0 to 65535' },
  { args: ['--port', TAKEN], env: { PORT: '0' }, says: `Port ${TAKEN} cannot be used (EADDRINUSE)` },
  { args: ['--prot', '9999'], env: {}, says: "Unknown option '--prot'" },
  { args: ['9999'], env: {}, says: "Unexpected argument '9999'" },
])('npm start with $args and $env does not start elsewhere', async ({ args, env, says }) => {
  const { status, stderr } = await run('node', ['src/cli/start.ts', ...args], { cwd: folder, env })
  expect(status).toBe(1)
  expect(stderr).toContain(says)
})

test.each([
  { names: ['LOCKOUT_THRESHOLD'], env: { LOCKOUT_THRESHOLD: 'zero' } },
  { names: ['PUBLIC_URL', 'MAIL_FROM'], env: { PUBLIC_URL: '', MAIL_FROM: 'nobody' } },
])('npm start names $names where they make no sense', async ({ names, env }) => {
  const { status, stderr } = await run('node', ['src/cli/start.ts'], { cwd: folder, env })
  expect(status).toBe(1)
  for (const name of names) expect(stderr).toContain(`${name} (from the environment)`)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})
