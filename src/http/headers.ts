/** What the runtime puts where the bytes of a header are not UTF-8, as those of a client that writes Latin-1. */
const REPLACEMENT = '\uFFFD'

/** Whether a text of a header is as it was sent. A client that sends the replacement itself damaged the text before. */
export const isIntact = (text: string) => !text.includes(REPLACEMENT)

/** The text of a header as far as it can be kept: null if there is none, or its bytes are not UTF-8. */
export function keptHeader(headers: Headers, name: string): string | null {
  const text = headers.get(name)
  return text !== null && isIntact(text) ? text : null
}
