import { boundSignature } from '../local/checksum.ts'

/** The service to call, and the credentials. */
export interface Caller {
  url: string
  headers: Record<string, string>
  /** Signs requests to the admin surface. */
  clientSecret?: string
  /** Opens another session, if the one in the headers is over. */
  renew?: () => Promise<Caller>
}

export interface CallRequest {
  method: string
  path: string
  headers: [name: string, value: string][]
  body: Uint8Array | undefined
}

/** The most equal calls a second: each is signed for another second, ahead of the clock. */
const MAX_AHEAD_SECONDS = 10

/**
 * Signs and sends a request, and once more with a new session if the session was over.
 * @throws Error if nobody answers
 */
export async function send(caller: Caller, request: CallRequest): Promise<Response> {
  const response = await sendSigned(caller, request)
  const isOver = response.status === 401 && (await codeOf(response)) === 'session_invalid'
  return isOver && caller.renew ? sendSigned(await caller.renew(), request) : response
}

/**
 * Sends a request. A signature can be used once, so if another call used it, nothing was done and the next second's
 * is tried.
 */
async function sendSigned(caller: Caller, request: CallRequest): Promise<Response> {
  for (let ahead = 0; ; ahead++) {
    const response = await sendOnce(caller, request, Math.floor(Date.now() / 1000) + ahead)
    const isTaken = response.status === 401 && (await codeOf(response)) === 'checksum_replayed'
    if (!isTaken || ahead === MAX_AHEAD_SECONDS) return response
  }
}

async function sendOnce(
  { url, headers: credentials, clientSecret }: Caller,
  { method, path, headers: given, body }: CallRequest,
  time: number,
): Promise<Response> {
  const headers = headersOf([
    ...Object.entries(credentials),
    ...(body ? [['Content-Type', 'application/json'] as const] : []),
    ...given,
  ])
  if (clientSecret !== undefined && !headers.has('SWI-CS')) {
    const authorization = headers.get('Authorization') ?? ''
    headers.set(
      'SWI-CS',
      boundSignature(clientSecret, { time, method, url: url + path, authorization, body }),
    )
  }
  try {
    return await fetch(url + path, { method, headers, redirect: 'manual', ...(body && { body }) })
  } catch (error) {
    const { cause } = error as Error & { cause?: { code?: string; message?: string } }
    throw new Error(
      `${url} does not answer (${cause?.code ?? cause?.message ?? error}). Is npm start running?`,
    )
  }
}

/**
 * Returns headers; the last of a name wins.
 * @throws Error without the values, which may be secrets, as the platform's own would not
 */
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
