import { AppError } from '../../errors.ts'
import type { AuditResult } from './event.ts'

/**
 * Passes a stream on as fast as it is read, and tells how it ended: `success` if it was read to its end,
 * `client_error` if its reader went away, `refused` if its source broke off with a refusal, else `error`.
 */
export function followedStream(source: ReadableStream<Uint8Array>): {
  stream: ReadableStream<Uint8Array>
  ended: Promise<AuditResult>
} {
  const reader = source.getReader()
  const { promise: ended, resolve: end } = Promise.withResolvers<AuditResult>()
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          end('success')
          controller.close()
        } catch (error) {
          end(resultOfBreak(error))
          controller.error(error)
        }
      },
      cancel(reason) {
        end('client_error')
        return reader.cancel(reason)
      },
    },
    // Nothing is read ahead of the reader.
    { highWaterMark: 0 },
  )
  return { stream, ended }
}

function resultOfBreak(error: unknown): AuditResult {
  if (error instanceof AppError && error.status < 500) return 'refused'
  // What a source that ends with its reader ends with, where that is heard of before the reader cancels.
  return error instanceof Error && error.name === 'AbortError' ? 'client_error' : 'error'
}
