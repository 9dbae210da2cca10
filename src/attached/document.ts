import type { Attachment } from '../attachment.ts'
import { fromUtf8 } from '../base/encoding.ts'
import { readUpTo } from '../http/body/bytes.ts'
import type { Stores } from '../http/stores.ts'
import { logFailure } from '../log.ts'
import type { Json } from '../openapi/components.ts'
import { type Api, apiOf } from './api.ts'
import { merged, readDocument } from './merged-document.ts'

/** A large API's document is a tenth of it. */
const MAX_BYTES = 4 * 1024 * 1024

/** How long a document is taken for the present one: however often it is asked for here, the API is asked once. */
const FRESH_MS = 60_000

/** What is shown of an attachment, as JSON, and since when. */
const shown = new WeakMap<Attachment, { since: number; json: string }>()

/**
 * Returns the OpenAPI document of a deployment, as JSON: Steward's own, less what an attached API answers, and with the
 * operations of the document that `CUSTOMER_API_OPENAPI` names. Where that cannot be had, it stays as it was. While it
 * is fetched nobody but the first waits for it: whoever asks meanwhile gets what there is.
 */
export async function deployedDocument(own: Json, stores: Stores, now: number): Promise<string> {
  const { attachment } = stores.settings
  if (!attachment) return JSON.stringify(own)
  const before = shown.get(attachment)
  if (before && now - before.since < FRESH_MS) return before.json
  const { openapiPath, prefixes } = attachment
  const meanwhile = before?.json ?? JSON.stringify(merged(own, {}, prefixes))
  shown.set(attachment, { since: now, json: meanwhile })
  if (openapiPath === null) return meanwhile
  const renewed = fetchDocument(openapiPath, apiOf(stores, attachment), attachment.timeoutMs)
    .then((theirs) => {
      const json = JSON.stringify(merged(own, theirs, prefixes))
      shown.set(attachment, { since: now, json })
      return json
    })
    .catch((cause: unknown) => {
      // The message can quote the document, which is for everybody.
      logFailure({ task: 'attached_document', message: `${cause}` }, cause)
      return meanwhile
    })
  // The others get it too, though the first has left.
  stores.later('attached_document', renewed)
  return renewed
}

/** @throws Error if there is none */
async function fetchDocument(path: string, { base, fetch }: Api, timeoutMs: number): Promise<Json> {
  const init = { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) } as const
  const { body } = await fetch(base + path, init)
  // The beginning of one that is too large is no JSON.
  const document = readDocument(fromUtf8(await readUpTo(MAX_BYTES, body))) as Json | null
  if (!document || !`${document.openapi}`.startsWith('3.')) throw new Error('no OpenAPI 3 document')
  return document
}
