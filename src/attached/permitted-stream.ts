import type { Reader } from '../db/reader.ts'
import type { Clock } from '../env.ts'

/** For how long a stream may go on after its caller's right has ended. */
const ASKED_EVERY_MS = 10_000

/**
 * Passes a stream on as long as its caller may read it: that is asked anew before a piece that comes so long after the
 * last time. Breaks off with the refusal.
 */
export function permittedStream(
  source: ReadableStream<Uint8Array>,
  caller: Reader,
  now: Clock,
): ReadableStream<Uint8Array> {
  const reader = source.getReader()
  let askedAt = now()
  const permitted = async () => {
    if (now() - askedAt < ASKED_EVERY_MS) return
    try {
      await caller.renewed().verify()
    } catch (refusal) {
      await reader.cancel(refusal).catch(() => undefined)
      throw refusal
    }
    askedAt = now()
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) return controller.close()
        await permitted()
        controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
