/** The runtime's replacement for header bytes that are not UTF-8, such as Latin-1. */
const REPLACEMENT = '\uFFFD'

/**
 * Returns whether the runtime could decode a header. A client that sends the replacement itself damaged the text
 * before.
 */
export const isIntact = (text: string) => !text.includes(REPLACEMENT)

/** Returns the text of a header; null if there is none, or its bytes are not UTF-8. */
export function keptHeader(headers: Headers, name: string): string | null {
  const text = headers.get(name)
  return text !== null && isIntact(text) ? text : null
}
