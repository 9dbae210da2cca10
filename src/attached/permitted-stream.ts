import type { Reader } from '../db/reader.ts'
import type { Clock } from '../env.ts'
import type { Chunks } from './chunks.ts'

/** For how long a stream may go on after its caller's right has ended. */
const ASKED_EVERY_MS = 10_000

/**
 * Passes a body on as long as its caller may read it: that is asked anew before a piece that comes so long after the
 * last time. Breaks off with the refusal. Nothing is read ahead of its reader.
 */
export function permittedStream(source: Chunks, caller: Reader, now: Clock): ReadableStream<Uint8Array> {
  let askedAt = now()
  const permitted = async () => {
    if (now() - askedAt < ASKED_EVERY_MS) return
    try {
      await caller.renewed().verify()
    } catch (refusal) {
      await source.cancel(refusal).catch(() => undefined)
      throw refusal
    }
    askedAt = now()
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await source.read()
        if (done) return controller.close()
        await permitted()
        controller.enqueue(value)
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
