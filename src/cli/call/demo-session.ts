import { readFile, writeFile } from 'node:fs/promises'
import type { DemoData } from '../local/demo-data.ts'
import { CALL_SESSION_FILE } from '../local/project.ts'
import { type Caller, send } from './send.ts'

/** The demo data that `npm start` saved, and the address of its service. */
export type Demo = DemoData & { url: string }

/**
 * Returns the token of the demo super_admin's session, the one of the call before or a new one.
 * @throws Error if the login is refused
 */
export async function demoSession(caller: Caller, demo: Demo, { isNew = false } = {}): Promise<string> {
  const kept = isNew ? undefined : await keptToken(demo)
  return kept ?? logIn(caller, demo)
}

/** Returns the saved token, if it belongs to these credentials. */
async function keptToken({ super_admin: { password } }: Demo): Promise<string | undefined> {
  const text = await readFile(CALL_SESSION_FILE, 'utf8').catch(() => undefined)
  const kept: { password: string; token: string } | undefined = text && JSON.parse(text)
  return kept?.password === password ? kept.token : undefined
}

async function logIn(caller: Caller, { super_admin }: Demo): Promise<string> {
  const body = Buffer.from(JSON.stringify(super_admin))
  const response = await send(caller, { method: 'POST', path: '/admin/login', headers: [], body })
  const answer = (await response.json()) as { message?: string; data?: { auth_token?: string } }
  const token = answer.data?.auth_token
  if (!token) {
    throw new Error(
      `The login of the demo super_admin gave ${response.status}, ${answer.message}. Log in by yourself, and set STEWARD_TOKEN.`,
    )
  }
  const kept = JSON.stringify({ password: super_admin.password, token })
  await writeFile(CALL_SESSION_FILE, kept, { mode: 0o600 })
  return token
}
