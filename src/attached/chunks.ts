/** As much as is in memory of a body at a time. */
const CHUNK_BYTES = 64 * 1024

/** A body, read in pieces that are as large as what has arrived, up to a bound. */
export interface Chunks {
  read(atMost?: number): Promise<ReadableStreamReadResult<Uint8Array>>
  cancel(reason?: unknown): Promise<void>
}

export function chunksOf(body: ReadableStream<Uint8Array>): Chunks {
  const reader = body.getReader({ mode: 'byob' })
  return {
    read: (atMost = CHUNK_BYTES) => reader.read(new Uint8Array(atMost)),
    cancel: (reason) => reader.cancel(reason),
  }
}

/**
 * Passes a body on as fast as it is taken, and calls `onTaken` for each piece. Its length stays known where it is: many
 * servers refuse a body without one.
 */
export function followedUpload(
  body: ReadableStream<Uint8Array>,
  length: number | null,
  onTaken: () => void,
): ReadableStream<Uint8Array> {
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(length)
  // However it ends, the call that it is a part of ends with it and tells.
  pump(body.getReader({ mode: 'byob' }), writable.getWriter(), onTaken).catch(() => undefined)
  return readable
}

async function pump(
  reader: ReadableStreamBYOBReader,
  writer: WritableStreamDefaultWriter,
  onTaken: () => void,
): Promise<void> {
  // One for all pieces: each is taken before the next is read.
  let memory: ArrayBufferLike = new ArrayBuffer(CHUNK_BYTES)
  try {
    for (;;) {
      const { done, value }: ReadableStreamReadResult<Uint8Array> = await reader.read(new Uint8Array(memory))
      if (done) return await writer.close()
      await writer.write(value)
      memory = value.buffer
      onTaken()
    }
  } catch (error) {
    await Promise.allSettled([writer.abort(error), reader.cancel(error)])
  }
}
