import { Buffer } from 'node:buffer'
import type { Attachment } from '../attachment.ts'
import { BoundedCache } from '../base/bounded-cache.ts'
import { fromUtf8 } from '../base/encoding.ts'
import type { Clock } from '../env.ts'
import type { Stores } from '../http/stores.ts'
import { logFailure } from '../log.ts'
import type { Json } from '../openapi/components.ts'
import { chunksOf } from './chunks.ts'
import { merged, withoutShadowed } from './merged-document.ts'

/** A large API's document is a tenth of it. */
const MAX_BYTES = 4 * 1024 * 1024

/** How long a document is taken for the present one: however often it is asked for here, the API is asked once. */
const FRESH_MS = 60_000

interface Fetched {
  at: number
  /** Null: the API did not give one. */
  document: Json | null
}

/** The documents of an isolate, by where they come from. */
const fetched = new BoundedCache<Fetched>(4)

/**
 * Returns the OpenAPI document of a deployment: Steward's own, less what an attached API answers, and with the operations
 * of the document that `CUSTOMER_API_OPENAPI` names. Where that cannot be had, without them.
 */
export async function deployedDocument(own: Json, stores: Stores, now: Clock): Promise<Json> {
  const { attachment } = stores.settings
  if (!attachment) return own
  const rest = withoutShadowed(own, attachment.prefixes)
  const theirs = await attachedDocument(attachment, stores, now())
  return theirs ? merged(rest, theirs, attachment.prefixes) : rest
}

async function attachedDocument(attachment: Attachment, stores: Stores, now: number): Promise<Json | null> {
  const { openapiPath } = attachment
  if (openapiPath === null) return null
  const url = `${attachment.origin ?? stores.settings.publicUrl}${openapiPath}`
  const known = fetched.get(url)
  if (known && now - known.at < FRESH_MS) return known.document
  // What is kept is the result: what one request waits for ends with it, and must not be waited for by another.
  const document = await fetchDocument(url, attachment, stores).catch((cause) => {
    logFailure({ task: 'attached_document' }, cause)
    return null
  })
  fetched.set(url, { at: now, document })
  return document
}

/** @throws Error if there is none */
async function fetchDocument(
  url: string,
  { origin, timeoutMs }: Attachment,
  { customerApi }: Stores,
): Promise<Json> {
  const init = { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) } as const
  const response = await (origin === null ? customerApi?.fetch(url, init) : fetch(url, init))
  if (!response?.ok || !response.body) throw new Error('no document')
  const document: unknown = JSON.parse(fromUtf8(await boundedBytes(response.body)))
  const isDocument = typeof document === 'object' && document !== null && 'openapi' in document
  if (!isDocument || !`${document.openapi}`.startsWith('3.')) throw new Error('no OpenAPI 3 document')
  return document as Json
}

async function boundedBytes(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks = chunksOf(body)
  const parts: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await chunks.read()
    if (done) return Buffer.concat(parts)
    size += value.length
    if (size > MAX_BYTES) {
      await chunks.cancel()
      throw new Error('a document that is too large')
    }
    parts.push(value)
  }
}
