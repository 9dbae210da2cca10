import { type Chunks, chunksOf } from './chunks.ts'

/** An answer of at most so many bytes that ends at most so long after it began is looked at whole. */
const MAX_WHOLE_BYTES = 64 * 1024
const MAX_WAIT_MS = 50

/** What most answers fit into: memory that is not needed is not asked for. */
const FIRST_BYTES = 4 * 1024

/** The body of an answer: all of it, or a stream that goes on. */
export type Body = { whole: Uint8Array<ArrayBuffer> } | { goesOn: ReadableStream<Uint8Array> }

/**
 * Returns a body, whole if it is short and ends soon; `length` is the one that is stated, if one is. Whether it arrived is known of that before anything leaves: an act
 * has one record then, and an answer that breaks off can still become a refusal.
 * @throws what the body breaks off with meanwhile
 */
export async function bodyOf(source: ReadableStream<Uint8Array>, length: number | null): Promise<Body> {
  const chunks = chunksOf(source)
  const begun: Uint8Array[] = []
  let size = 0
  const { promise: late, resolve } = Promise.withResolvers<null>()
  const timer = setTimeout(() => resolve(null), MAX_WAIT_MS)
  try {
    for (;;) {
      const next = chunks.read(size === 0 ? FIRST_BYTES : undefined)
      const result = await Promise.race([next, late])
      if (result?.done) return { whole: joined(begun, size) }
      if (result) {
        begun.push(result.value)
        size += result.value.length
        if (size === length) return { whole: joined(begun, size) }
      }
      if (!result || size > MAX_WHOLE_BYTES)
        return { goesOn: resumed(begun, result ? undefined : next, chunks) }
    }
  } finally {
    clearTimeout(timer)
  }
}

/** The stream of what was read already, what is being read, and the rest. Nothing is read ahead of its reader. */
function resumed(
  begun: Uint8Array[],
  pending: ReturnType<Chunks['read']> | undefined,
  chunks: Chunks,
): ReadableStream<Uint8Array> {
  let next = pending
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const first = begun.shift()
        if (first) return controller.enqueue(first)
        const reading = next ?? chunks.read()
        next = undefined
        const { done, value } = await reading
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => chunks.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

function joined(chunks: Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size)
  let end = 0
  for (const chunk of chunks) {
    whole.set(chunk, end)
    end += chunk.length
  }
  return whole
}
