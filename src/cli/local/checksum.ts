import { createHash, createHmac } from 'node:crypto'

/** Returns `SWI-CS`, a client's signature of the body. */
export const checksum = (secret: string, body: string | Uint8Array) =>
  createHmac('sha256', secret).update(body).digest('hex')

interface SignedRequest {
  /** Unix seconds. */
  time: number
  method: string
  url: string
  authorization: string
  body: Uint8Array | undefined
}

/** Returns `SWI-CS` bound to one request and its time: it can be used once, by every client. */
export function boundSignature(secret: string, request: SignedRequest): string {
  const { time, method, url, authorization, body = '' } = request
  const { pathname, search } = new URL(url)
  const lines = [time, method, pathname + search, sha256(body), sha256(authorization), '']
  return `t=${time},v2=${checksum(secret, lines.join('\n'))}`
}

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')
