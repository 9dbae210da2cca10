import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, vi } from 'vitest'
import { checksum } from '../../../src/cli/local/checksum.ts'

const { url, demo, folder } = inject('service')

interface Account {
  email: string
  password: string
}

export interface Person extends Account {
  id: number
}

/** Calls the admin surface as a client does. Returns the `data` of the answer. */
async function asClient<Data>(
  method: string,
  path: string,
  body: string | undefined,
  token?: string,
): Promise<Data> {
  const answer = await fetch(url + path, {
    method,
    headers: {
      'SWI-CID': demo.client.id,
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && {
        'Content-Type': 'application/json',
        'SWI-CS': checksum(demo.client.secret, body),
      }),
    },
    body: body ?? null,
  })
  expect(answer.ok, `${method} ${path}`).toBe(true)
  const { data } = (await answer.json()) as { data: Data }
  return data
}

const tokenOf = async ({ email, password }: Account): Promise<string> => {
  const body = JSON.stringify({ email, password })
  return (await asClient<{ auth_token: string }>('POST', '/admin/login', body)).auth_token
}

let superAdmin: Promise<string> | undefined

/** Calls the admin surface as the super admin of the demo data. */
export async function asSuperAdmin<Data>(method: string, path: string, body?: object): Promise<Data> {
  superAdmin ??= tokenOf(demo.super_admin)
  return asClient(method, path, body && JSON.stringify(body), await superAdmin)
}

/** Signs an account in. Returns what calls the admin surface as its owner. */
export async function callsAs(account: Account) {
  const token = await tokenOf(account)
  return <Data>(method: string, path: string, body?: object) =>
    asClient<Data>(method, path, body && JSON.stringify(body), token)
}

/** Calls a customer's endpoint with its own key. */
export async function asCustomer<Body>(
  key: string,
  method: string,
  path: string,
  body?: object,
): Promise<Body> {
  const headers = { 'X-API-KEY': key, ...(body && { 'Content-Type': 'application/json' }) }
  const answer = await fetch(url + path, { method, headers, body: body ? JSON.stringify(body) : null })
  expect(answer.ok, `${method} ${path}`).toBe(true)
  return (await answer.json()) as Body
}

/** Makes an account, and finds its first password in the mail. */
export async function newPerson(role: string): Promise<Person> {
  const email = `${role}.${randomUUID().slice(0, 8)}@example.com`
  const { id } = await asSuperAdmin<{ id: number }>('POST', '/admin/new', { email, role })
  return { id, email, password: await passwordMailedTo(email) }
}

/** Makes an account whose owner has chosen a password. */
export async function person(role: string): Promise<Person> {
  const { id, email, password: first } = await newPerson(role)
  const password = `${role} likes marmalade on toast`
  const body = { current_password: first, password, password_confirmation: password }
  const token = await tokenOf({ email, password: first })
  await asClient('POST', '/admin/update_password', JSON.stringify(body), token)
  return { id, email, password }
}

/** Finds the password that was mailed by the service of a folder. */
export const passwordMailedTo = (email: string, by = folder): Promise<string> =>
  vi.waitFor(
    async () => {
      for (const text of await mails(by)) {
        const [, password] = text.includes(email) ? (/^ {4}([a-z\d-]{20,})$/m.exec(text) ?? []) : []
        if (password) return password
      }
      throw new Error(`no mail to ${email}`)
    },
    { timeout: 10_000 },
  )

async function mails(by: string): Promise<string[]> {
  const root = join(by, '.wrangler/tmp/email')
  const files = await readdir(root, { recursive: true })
  return Promise.all(
    files.filter((name) => name.endsWith('.txt')).map((name) => readFile(join(root, name), 'utf8')),
  )
}
