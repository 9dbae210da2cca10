/** Returns a stream whose length the runtime knows, where its headers state one, and so states it too. */
export function ofStatedLength(
  stream: ReadableStream<Uint8Array>,
  headers: Headers,
): ReadableStream<Uint8Array> {
  const length = headers.get('Content-Length')
  return length === null ? stream : stream.pipeThrough(new FixedLengthStream(Number(length)))
}
