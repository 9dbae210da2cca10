import type { Attachment } from '../attachment.ts'
import type { Stores } from '../http/stores.ts'

/** How an attached API is called. */
export interface Api {
  fetch: Fetcher['fetch']
  /** What its URLs begin with. */
  base: string
  /** Where it is reached; null: by a service binding. */
  origin: string | null
}

export function apiOf({ customerApi, settings }: Stores, { origin }: Attachment): Api {
  const isBound = origin === null && customerApi
  return {
    fetch: (input, init) => (isBound ? customerApi.fetch(input, init) : fetch(input, init)),
    base: origin ?? settings.publicUrl,
    origin,
  }
}
