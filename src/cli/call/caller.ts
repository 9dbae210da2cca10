import { readFile } from 'node:fs/promises'
import type { DemoData } from '../local/demo-data.ts'
import { DEMO_FILE } from '../local/project.ts'
import { type Demo, demoSession } from './demo-session.ts'
import type { Caller } from './send.ts'

export interface Target {
  path: string
  /** The customer to act for, with an admin key. */
  customer: string | undefined
}

const DEFAULT_URL = 'http://localhost:8787'

/** The prefix of admin API keys. */
const ADMIN_KEY = 'stw_admin_'

/**
 * Returns the caller of a path, with the credentials of the environment, or of the demo data if the service is the
 * one that has them.
 * @throws Error if they do not fit what is called
 */
export async function callerOf(environment: NodeJS.ProcessEnv, target: Target): Promise<Caller> {
  const demo = environment.STEWARD_URL ? undefined : await savedDemo()
  const url = baseUrl(environment.STEWARD_URL || demo?.url || DEFAULT_URL)
  const isAdmin = /^\/admin(?![^/?])/.test(target.path)
  return isAdmin
    ? adminCaller(url, environment, demo, target)
    : customerCaller(url, environment, demo, target)
}

async function adminCaller(
  url: string,
  environment: NodeJS.ProcessEnv,
  demo: Demo | undefined,
  { path, customer }: Target,
): Promise<Caller> {
  if (customer) throw new Error('--customer is for the paths of customers, not for /admin.')
  const { STEWARD_TOKEN: token, STEWARD_KEY: key } = environment
  if (!token && key?.startsWith(ADMIN_KEY)) return { url, headers: { 'X-ADMIN-API-KEY': key } }
  const client = clientOf(environment.STEWARD_CLIENT, demo)
  const signed = { url, headers: { 'SWI-CID': client.id }, clientSecret: client.secret }
  const withToken = (token: string): Caller => ({
    ...signed,
    headers: { ...signed.headers, Authorization: `Bearer ${token}` },
  })
  if (token) return withToken(token)
  if (!demo || /^\/admin\/login\b/.test(path)) return signed
  const renew = async () => withToken(await demoSession(signed, demo, { isNew: true }))
  return { ...withToken(await demoSession(signed, demo)), renew }
}

function customerCaller(
  url: string,
  environment: NodeJS.ProcessEnv,
  demo: Demo | undefined,
  { customer }: Target,
): Caller {
  const demoKey = customer ? demo?.admin_api_key : demo?.customers[0]?.api_key
  const key = environment.STEWARD_KEY || demoKey
  if (!key) return { url, headers: {} }
  const isAdminKey = key.startsWith(ADMIN_KEY)
  if (isAdminKey && !customer) throw new Error('An admin API key needs --customer, whom it acts for.')
  if (!isAdminKey && customer) throw new Error('--customer needs an admin API key in STEWARD_KEY.')
  return {
    url,
    headers: customer ? { 'X-ADMIN-API-KEY': key, 'X-CUSTOMER-ID': customer } : { 'X-API-KEY': key },
  }
}

function clientOf(given: string | undefined, demo: Demo | undefined): DemoData['client'] {
  if (!given) {
    if (demo) return demo.client
    throw new Error('STEWARD_CLIENT is not set: who calls /admin signs as a client, id:secret.')
  }
  const colon = given.indexOf(':')
  if (colon < 1) throw new Error('STEWARD_CLIENT is not id:secret.')
  return { id: given.slice(0, colon), secret: given.slice(colon + 1) }
}

function baseUrl(text: string): string {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
    throw new Error('STEWARD_URL is not the URL of a service, such as https://steward.example.com.')
  return text.replace(/\/+$/, '')
}

async function savedDemo(): Promise<Demo | undefined> {
  const text = await readFile(DEMO_FILE, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : JSON.parse(text)
}
