import { boundSignature } from '../local/checksum.ts'

/** Where to call, and as whom. */
export interface Caller {
  url: string
  headers: Record<string, string>
  /** Signs what is sent to the admin surface. */
  clientSecret?: string
  /** Makes another session, where the one in the headers turns out to be over. */
  renew?: () => Promise<Caller>
}

export interface CallRequest {
  method: string
  path: string
  headers: [name: string, value: string][]
  body: Uint8Array | undefined
}

/** How many calls that are alike a second may see: each is signed for another second, ahead of the clock. */
const MAX_AHEAD_SECONDS = 10

/** Signs a request and sends it; again with a new session, if only that was wrong. @throws Error if nobody answers */
export async function send(caller: Caller, request: CallRequest): Promise<Response> {
  const response = await sendSigned(caller, request)
  const isOver = response.status === 401 && (await codeOf(response)) === 'session_invalid'
  return isOver && caller.renew ? sendSigned(await caller.renew(), request) : response
}

/** A signature is good once: where another call took it, nothing was done, and the next second's is tried. */
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
