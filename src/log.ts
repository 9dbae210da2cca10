/** Logs a failure as one structured line. `facts` hold identifiers only: never a key, a token or a body. */
export function logFailure(facts: Record<string, unknown>, cause: unknown): void {
  console.error(JSON.stringify({ level: 'error', ...facts, cause: traceOf(cause) }))
}

/** Runs work after the answer. A failure is logged, and only that. */
export function inBackground(
  context: Pick<ExecutionContext, 'waitUntil'>,
  task: string,
  work: Promise<unknown>,
): void {
  context.waitUntil(work.catch((cause: unknown) => logFailure({ task }, cause)))
}

/** Returns the origin of an error without its message, which can hold the values of a query or a body. */
function traceOf(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line))
  return {
    name: error.name,
    // D1's own messages name tables and limits, never values.
    ...(error.message.startsWith('D1_') && { message: error.message }),
    frames: frames?.slice(0, 10),
    ...(error.cause !== undefined && { cause: traceOf(error.cause) }),
  }
}
