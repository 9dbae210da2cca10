import { checksum } from '../local/checksum.ts'
import type { Caller } from './caller.ts'

export interface CallRequest {
  method: string
  path: string
  headers: [name: string, value: string][]
  body: Uint8Array | undefined
}

/** Signs a request and sends it; again with a new session, if only that was wrong. @throws Error if nobody answers */
export async function send(caller: Caller, request: CallRequest): Promise<Response> {
  const response = await sendOnce(caller, request)
  const isOver = response.status === 401 && (await codeOf(response)) === 'session_invalid'
  return isOver && caller.renew ? sendOnce(await caller.renew(), request) : response
}

async function sendOnce(
  { url, headers: credentials, clientSecret }: Caller,
  { method, path, headers: given, body }: CallRequest,
): Promise<Response> {
  const headers = headersOf([
    ...Object.entries(credentials),
    ...(body ? [['Content-Type', 'application/json'] as const] : []),
    ...(clientSecret === undefined ? [] : [['SWI-CS', checksum(clientSecret, body ?? '')] as const]),
    ...given,
  ])
  try {
    return await fetch(url + path, { method, headers, redirect: 'manual', ...(body && { body }) })
  } catch (error) {
    const { cause } = error as Error & { cause?: { code?: string; message?: string } }
    throw new Error(
      `${url} does not answer (${cause?.code ?? cause?.message ?? error}). Is npm start running?`,
    )
  }
}

/** The last of a name counts. @throws Error without the values, which may be secrets, as the platform's own would not */
function headersOf(lines: (readonly [name: string, value: string])[]): Headers {
  const headers = new Headers()
  for (const [name, value] of lines) {
    try {
      headers.set(name, value)
    } catch {
      throw new Error(`What is to be sent as ${name} cannot be a header.`)
    }
  }
  return headers
}

async function codeOf(response: Response): Promise<string | undefined> {
  const answer = await response
    .clone()
    .json()
    .catch(() => undefined)
  return (answer as { code?: string } | undefined)?.code
}
