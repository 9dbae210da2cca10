/** As much as is in memory of a body at a time. */
const CHUNK_BYTES = 64 * 1024

/** What most answers fit into: memory that is not needed is not asked for. */
const FIRST_BYTES = 4 * 1024

/** A body, read in pieces that are as large as what has arrived, up to a bound. */
export type Chunks = Pick<ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>, 'read' | 'cancel'>

/** Returns the pieces of a body. One that is kept keeps no more memory than it fills. */
export function chunksOf(body: ReadableStream<Uint8Array>): Chunks {
  const reader = body.getReader({ mode: 'byob' })
  let memory = new ArrayBuffer(FIRST_BYTES)
  return {
    async read() {
      const { done, value } = await reader.read(new Uint8Array(memory))
      if (done) return { done, value: undefined }
      const isFull = value.length === value.buffer.byteLength
      memory = isFull ? new ArrayBuffer(CHUNK_BYTES) : value.buffer
      return { done, value: isFull ? value : value.slice() }
    },
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
  pump(chunksOf(body), writable.getWriter(), onTaken).catch(() => undefined)
  return readable
}

async function pump(chunks: Chunks, writer: WritableStreamDefaultWriter, onTaken: () => void): Promise<void> {
  try {
    for (;;) {
      const { done, value } = await chunks.read()
      if (done) return await writer.close()
      await writer.write(value)
      onTaken()
    }
  } catch (error) {
    await Promise.allSettled([writer.abort(error), chunks.cancel(error)])
  }
}
