/** Texts and bytes, one after another. */
export const joined = (...parts: (string | Uint8Array)[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    parts.flatMap((part) => [...(typeof part === 'string' ? new TextEncoder().encode(part) : part)]),
  )

/** A multipart body to the letter: the headers of each part, and what it holds. */
export const multipartOf = (...parts: [headers: string, content: string | Uint8Array][]) =>
  joined(
    ...parts.flatMap(([headers, content]) => [`--b\r\n${headers}\r\n\r\n`, content, '\r\n']),
    '--b--\r\n',
  )

export const MULTIPART = { 'Content-Type': 'multipart/form-data; boundary=b' }
