import { Buffer } from 'node:buffer'
import { type Chunks, chunksOf } from './chunks.ts'

/** An answer of at most so many bytes that ends at most so long after it began is looked at whole. */
const MAX_WHOLE_BYTES = 64 * 1024
const MAX_WAIT_MS = 50

type Piece = Uint8Array<ArrayBuffer>

/** The body of an answer: all of it, or one that goes on. */
export type Body = { whole: Piece } | { goesOn: Chunks }

/**
 * Returns a body, whole if it is short and ends soon; `length` is the one that is stated, if one is. Whether it arrived
 * is known of that before anything leaves: an act has one record then, and an answer that breaks off can still become a
 * refusal.
 * @throws what the body breaks off with meanwhile
 */
export async function bodyOf(source: ReadableStream<Uint8Array>, length: number | null): Promise<Body> {
  const chunks = chunksOf(source)
  const begun: Piece[] = []
  let size = 0
  const { promise: late, resolve } = Promise.withResolvers<null>()
  const timer = setTimeout(() => resolve(null), MAX_WAIT_MS)
  try {
    for (;;) {
      const next = chunks.read()
      const result = await Promise.race([next, late])
      if (result?.done) return { whole: Buffer.concat(begun) }
      if (result) {
        begun.push(result.value)
        size += result.value.length
        if (size === length) return { whole: Buffer.concat(begun) }
      }
      if (!result || size > MAX_WHOLE_BYTES)
        return { goesOn: resumed(begun, result ? undefined : next, chunks) }
    }
  } finally {
    clearTimeout(timer)
  }
}

/** What was read already, what is being read, and the rest. */
function resumed(begun: Piece[], pending: ReturnType<Chunks['read']> | undefined, chunks: Chunks): Chunks {
  let next = pending
  return {
    async read() {
      const value = begun.shift()
      if (value) return { done: false, value }
      const reading = next ?? chunks.read()
      next = undefined
      return reading
    },
    cancel: (reason) => chunks.cancel(reason),
  }
}
