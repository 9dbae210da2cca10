import { createHmac } from 'node:crypto'
import type { Role } from '../../../src/auth/permissions.ts'
import { fetchWith } from '../bindings/bindings.ts'
import { makeAdmin, makeAdminKey, makeClient, makeCustomer, makeSession } from '../factories.ts'
import { expectAsDocumented } from './contract.ts'

const ORIGIN = 'https://steward.example'

export interface CallOptions {
  /** GET, or POST where there is a body. */
  method?: string
  headers?: Record<string, string>
  /** Text, bytes and forms go as they are, all else as JSON. */
  body?: unknown
  /** What the request goes to, if not to the Worker as it is. */
  via?: (request: Request) => Promise<Response>
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what a test is there to find out
  json: any
}

/** Something that calls the service. */
export type Caller = (path: string, options?: CallOptions) => Promise<Answer>

/** Calls the Worker, and waits for what it does after its answer: a test must not cut that short when it ends. */
export const call: Caller = async (path, options = {}) => {
  const { via = (request) => fetchWith({}, request) } = options
  const request = new Request(ORIGIN + path, requestInit(options))
  const response = await via(request)
  // Not text(): the runtime warns of types it does not take for text, NDJSON among them.
  const text = new TextDecoder().decode(await response.arrayBuffer())
  expectAsDocumented(request, response, text)
  return { status: response.status, headers: response.headers, text, json: parse(text) }
}

function requestInit({ method, headers, body }: CallOptions): RequestInit {
  const init = { method: method ?? (body === undefined ? 'GET' : 'POST'), headers: new Headers(headers) }
  if (body === undefined) return init
  if (typeof body === 'string' || body instanceof FormData || body instanceof Uint8Array)
    return { ...init, body }
  if (!init.headers.has('Content-Type')) init.headers.set('Content-Type', 'application/json')
  return { ...init, body: JSON.stringify(body) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `SWI-CS` by other means than the service's own. */
export const checksum = (secret: string, body: string | Uint8Array) =>
  createHmac('sha256', secret).update(body).digest('hex')

/** Calls the admin surface as a registered client, signing each body, with a session if there is a token. */
export function signedCaller(client: { id: string; secret: string }, token?: string): Caller {
  return (path, { body, headers, ...options } = {}) => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    return call(path, {
      ...options,
      body: text,
      headers: {
        'SWI-CID': client.id,
        ...(text !== undefined && {
          'SWI-CS': checksum(client.secret, text),
          'Content-Type': 'application/json',
        }),
        ...(token && { Authorization: `Bearer ${token}` }),
        ...headers,
      },
    })
  }
}

/** A new admin of this role who is logged in, and the way to call as one. */
export async function loggedIn(role: Role = 'super_admin') {
  const admin = await makeAdmin(role)
  return { ...admin, call: signedCaller(await makeClient(), await makeSession(admin.adminId)) }
}

/** Calls with these headers added to each call. */
export const callerWith =
  (added: Record<string, string>): Caller =>
  (path, { headers, ...options } = {}) =>
    call(path, { ...options, headers: { ...added, ...headers } })

/** A caller with a new API key of an admin. */
export const keyCaller = async (...key: Parameters<typeof makeAdminKey>): Promise<Caller> =>
  callerWith({ 'X-ADMIN-API-KEY': (await makeAdminKey(...key)).key })

/** A new customer with the two ways to its data: its own key, and a new admin's key on its behalf. */
export async function customerWithCallers(role: Role = 'super_admin') {
  const customer = await makeCustomer()
  const admin = await makeAdmin(role)
  const adminKey = await makeAdminKey(admin)
  return {
    ...customer,
    admin,
    adminKey,
    own: callerWith({ 'X-API-KEY': customer.key }),
    impersonated: callerWith({ 'X-ADMIN-API-KEY': adminKey.key, 'X-CUSTOMER-ID': customer.uid }),
  }
}
