import { createHmac } from 'node:crypto'

/** `SWI-CS`: how a client signs the body it sends. */
export const checksum = (secret: string, body: string | Uint8Array) =>
  createHmac('sha256', secret).update(body).digest('hex')
