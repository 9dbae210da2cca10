import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import type { DemoData } from '../../../src/cli/local/demo-data.ts'
import { freePort } from '../../../src/cli/local/free-port.ts'
import { started } from './processes.ts'

/** The settings that the service of these tests is started with, as its user would: `NAME=value npm start`. */
const SETTINGS = {
  CORS_ORIGINS: 'https://app.example.com',
  PRODUCT_NAME: 'Steward: a test',
  MFA_REQUIRED_ROLES: 'banking_operations',
}

/** A copy of the project whose npm start is running: it keeps its state beside its sources. */
export interface RunningService {
  folder: string
  url: string
  demo: DemoData
  /** The settings of the API that it is started with, which a test may run. */
  attached: Attached
}

interface Attached {
  CUSTOMER_API_URL: string
  CUSTOMER_API_PATHS: string
  CUSTOMER_API_AUDIENCE: string
}

declare module 'vitest' {
  interface ProvidedContext {
    service: RunningService
  }
}

/** A service that runs until it is stopped. */
export async function startService(settings: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'steward-outside-'))
  await copyProject(folder)
  const env = { ...settings, PORT: '0' }
  const start = await started(['src/cli/start.ts'], { cwd: folder, env }, /Steward answers on (\S+)\. /)
  const demo: DemoData = JSON.parse(await readFile(join(folder, '.wrangler/demo.json'), 'utf8'))
  const stop = async () => {
    await start.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return { folder, url: start.found, demo, stop }
}

export default async function setup(project: TestProject) {
  const attached: Attached = {
    CUSTOMER_API_URL: `http://127.0.0.1:${await freePort()}`,
    CUSTOMER_API_PATHS: '/v1/',
    CUSTOMER_API_AUDIENCE: 'orders',
  }
  const { stop, ...service } = await startService({ ...SETTINGS, ...attached })
  project.provide('service', { ...service, attached })
  return stop
}

/** What git has of it that a start needs, and the packages of this one. */
async function copyProject(folder: string): Promise<void> {
  const root = resolve(import.meta.dirname, '../../..')
  for (const name of ['src', 'migrations', 'package.json', 'tsconfig.json', 'wrangler.toml'])
    await cp(join(root, name), join(folder, name), { recursive: true })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
}
