import { DrizzleQueryError } from 'drizzle-orm'
import type { ErrorHandler } from 'hono'
import { AppError } from '../errors.ts'
import { logFailure } from '../log.ts'
import type { AppEnv } from './context.ts'
import { HEADERS } from './headers.ts'
import { isWrite } from './routing.ts'

/** Headers of the answer that a refusal replaces, removed from the refusal. */
const OF_ANOTHER_ANSWER = [
  'Allow',
  'Content-Disposition',
  HEADERS.REPLAYED,
  'Link',
  HEADERS.RETRY_AFTER,
  HEADERS.BOOKMARK,
  'Set-Cookie',
]

/** Errors that were logged: every middleware that awaits the same promise throws the same error. */
const logged = new WeakSet<Error>()

/**
 * Answers an error in the envelope of its surface. An unexpected one is logged, and the caller learns nothing of it.
 */
export const handleError: ErrorHandler<AppEnv> = (error, c) => {
  const refusal = toAppError(error, isWrite(c))
  if (refusal.status >= 500 && !logged.has(error))
    logFailure({ request_id: c.var.requestId, code: refusal.code }, refusal.cause)
  logged.add(error)
  c.var.facts.refusal = refusal
  for (const name of OF_ANOTHER_ANSWER) c.header(name, undefined)
  // It is thrown only where nothing is on record.
  if (refusal.code === 'audit_unavailable') c.header(HEADERS.AUDIT_ID, undefined)
  for (const [name, value] of Object.entries(refusal.headers)) c.header(name, value)
  return c.json(c.var.envelope(refusal, c.var.requestId), refusal.status)
}

function toAppError(error: unknown, writing: boolean): AppError {
  if (error instanceof AppError) return error
  // A write that failed may have been done all the same, so only of a read can it be said that nothing was.
  const outage = error instanceof DrizzleQueryError && !`${error.cause}`.includes('SQLITE_')
  return new AppError(outage && !writing ? 'dependency_unavailable' : 'internal', { cause: error })
}
